import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { browserTimers } from "../../base/timers";
import { useNow } from "../../components/useNow";
import type { ConnectionView, DesktopConnection } from "../../desktop/connection";
import classes from "./desktop.module.css";

interface ConnectionOverlayProps {
  name: string;
  connection: DesktopConnection;
  view: ConnectionView;
}

/** Stands where the picture would be while there is none, and says why. */
export function ConnectionOverlay({ name, connection, view }: ConnectionOverlayProps): ReactNode {
  if (view.phase === "connected" || view.phase === "left") return null;
  // The question of the machine takes this place.
  if (view.asked.length > 0) return null;
  const lost = view.phase === "waiting" || view.phase === "ended";
  return (
    <section className={classes.overlay} aria-label="Connection">
      <Stack className={classes.overlaySheet} align="center" gap="sm">
        {lost ? <IconPlugConnectedX size={32} aria-hidden /> : <Loader size={28} aria-hidden />}
        <div role={lost ? "alert" : "status"}>
          <Text fw={620} fz="lg" ta="center">
            {view.ending?.sentence ?? `Connecting to ${name} …`}
          </Text>
          {view.phase === "ended" && (
            <Text size="sm" ta="center" className={classes.quiet}>
              Connecting again by itself would not help.
            </Text>
          )}
          {!lost && view.ending !== null && (
            <Text size="sm" ta="center" className={classes.quiet}>
              Connecting again …
            </Text>
          )}
        </div>
        {view.retryAt !== null && <Countdown until={view.retryAt} />}
        {lost && <Ways connection={connection} ended={view.phase === "ended"} />}
      </Stack>
    </section>
  );
}

/** *until* is on the clock of `browserTimers`. */
function Countdown({ until }: { until: number }): ReactNode {
  const now = useNow(250, browserTimers.now);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return (
    <Text size="sm" className={classes.quiet}>
      Trying again in {seconds} s
    </Text>
  );
}

function Ways({ connection, ended }: { connection: DesktopConnection; ended: boolean }): ReactNode {
  const [, navigate] = useLocation();
  return (
    <Group justify="center" mt="xs">
      <Button
        onClick={() => {
          connection.start();
        }}
      >
        {ended ? "Connect again" : "Try now"}
      </Button>
      <Button
        variant="default"
        onClick={() => {
          navigate("/");
        }}
      >
        Go to my desktops
      </Button>
    </Group>
  );
}
