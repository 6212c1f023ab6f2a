/** The page's one events socket, wired to the query cache. */
import { notifications } from "@mantine/notifications";
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import type { ServerEvent } from "../api/types";
import { browserTimers } from "../base/timers";
import { applyEvent } from "../events/apply";
import { EventFeed, type FeedState } from "../events/feed";
import { instanceCache, queries } from "./queries";
import { useMe } from "./session";
import { useObservable } from "./useObservable";

const LiveContext = createContext<FeedState>("stopped");

/** Whether what the page shows is live. */
export function useLive(): FeedState {
  return use(LiveContext);
}

const NOTICE_COLOUR = { info: "petrol", warning: "amber", error: "red" } as const;

function makeFeed(queryClient: QueryClient, personId: string): EventFeed {
  const cache = instanceCache(queryClient);
  const onEvent = (event: ServerEvent): void => {
    if (event.type === "notice") {
      notifications.show({ message: event.sentence, color: NOTICE_COLOUR[event.level] });
    } else {
      applyEvent(event, cache, personId);
    }
  };
  return new EventFeed({
    open: () => new WebSocket("/api/v1/events"),
    onEvent,
    // A refused socket does not say why; the answer to “who am I” does.
    onRefused: () => void queryClient.invalidateQueries({ queryKey: queries.me.queryKey }),
    timers: browserTimers,
    random: Math.random,
  });
}

export function LiveEvents({ children }: { children: ReactNode }): ReactNode {
  const me = useMe();
  const queryClient = useQueryClient();
  const [feed] = useState(() => makeFeed(queryClient, me.id));
  const state = useObservable(feed.state);

  useEffect(() => {
    feed.start();
    const hurry = (): void => {
      if (document.visibilityState === "visible") feed.hurry();
    };
    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    return () => {
      window.removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
      feed.stop();
    };
  }, [feed]);

  return <LiveContext value={state}>{children}</LiveContext>;
}
