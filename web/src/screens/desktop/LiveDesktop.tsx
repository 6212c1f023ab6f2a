import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import type { Instance } from "../../api/types";
import { useLive } from "../../app/live";
import { useObservable } from "../../app/useObservable";
import { remember, remembered } from "../../base/memory";
import { permits } from "../../desktop/connection";
import type { Scaling } from "../../desktop/display";
import { OpenDesktop } from "../../desktop/openDesktop";
import { ConnectionOverlay } from "./ConnectionOverlay";
import { OnScreenKeyboard, type OnScreenKeyboardHandle } from "./OnScreenKeyboard";
import { Prompts } from "./Prompts";
import { Toolbar } from "./Toolbar";
import { useEscape } from "./useEscape";
import { useToolbarVisibility } from "./useToolbarVisibility";
import classes from "./desktop.module.css";

/** The desktop itself, filling the window, with its toolbar above. */
export function LiveDesktop({ instance }: { instance: Instance }): ReactNode {
  const [desktop] = useState(() => new OpenDesktop(instance.id, instance.streams));
  const view = useObservable(desktop.connection.view);
  const [scaling, setScaling] = useScaling(instance);
  const [dragging, setDragging] = useState(false);
  const toolbar = useRef<HTMLDivElement>(null);
  const keyboard = useRef<OnScreenKeyboardHandle>(null);
  const visibility = useToolbarVisibility(toolbar);
  const live = useLive();
  const resizable = permits(view, "resize");

  useEffect(() => {
    desktop.start();
    return () => {
      desktop.leave();
    };
  }, [desktop]);

  useEffect(() => {
    const display = view.phase === "connected" ? desktop.connection.display : null;
    if (display === null) return;
    display.setScaling(scaling === "window" && !resizable ? "fit" : scaling);
    display.setDragging(dragging);
  }, [desktop, view.phase, scaling, dragging, resizable]);

  useEffect(() => {
    // Somebody who is in the toolbar or in a dialogue stays there.
    if (view.phase === "connected" && document.activeElement === document.body)
      desktop.connection.display?.focus();
  }, [desktop, view.phase]);

  useEffect(() => {
    // The machine or the gateway came back: no need to wait for the timer.
    if (instance.state === "READY" && live === "live") desktop.connection.hurry();
  }, [desktop, instance.state, instance.state_since, live]);

  // One function for the desktop's whole life: appending the picture anew would take the keyboard from it.
  const hostPicture = useCallback(
    (host: HTMLDivElement | null) => {
      host?.append(desktop.element);
    },
    [desktop],
  );
  const focusDesktop = (): void => {
    desktop.connection.display?.focus();
  };
  useEscape(() => {
    visibility.show();
    toolbar.current?.querySelector<HTMLElement>("button:not(:disabled), a")?.focus();
  });

  return (
    <main className={classes.page} data-pinned={visibility.pinned}>
      <h1 className={classes.hiddenHeading}>{instance.name}</h1>
      <Toolbar
        ref={toolbar}
        instance={instance}
        desktop={desktop}
        view={view}
        scaling={scaling}
        onScaling={setScaling}
        dragging={dragging}
        onDragging={setDragging}
        visibility={visibility}
        onKeyboard={() => keyboard.current?.open()}
        focusDesktop={focusDesktop}
      />
      <div
        className={classes.picture}
        data-phase={view.phase}
        data-testid="desktop-picture"
        ref={hostPicture}
        // Where nothing may be sent noVNC leaves the focus where it was: typing must not go to the toolbar.
        onPointerDown={view.phase === "connected" && !permits(view, "input") ? focusDesktop : undefined}
      />
      {permits(view, "input") && <OnScreenKeyboard ref={keyboard} desktop={desktop} />}
      <Prompts desktop={desktop} asked={view.asked} />
      <ConnectionOverlay name={instance.name} connection={desktop.connection} view={view} />
    </main>
  );
}

const SCALINGS: readonly string[] = ["fit", "actual", "window"] satisfies Scaling[];

/** The chosen scaling; desktops made to fit the window follow it until something else is chosen. */
function useScaling({ screen }: Instance): [Scaling, (scaling: Scaling) => void] {
  const key = `scaling.${screen.mode}`;
  const [scaling, setScaling] = useState<Scaling>(() => {
    const last = remembered(key);
    if (last !== null && SCALINGS.includes(last)) return last as Scaling;
    return screen.mode === "fit" ? "window" : "fit";
  });
  return [
    scaling,
    (chosen) => {
      remember(key, chosen);
      setScaling(chosen);
    },
  ];
}
