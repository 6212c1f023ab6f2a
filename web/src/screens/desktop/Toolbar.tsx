import { Badge, Button, Text, Tooltip } from "@mantine/core";
import { useFullscreenDocument, useMediaQuery } from "@mantine/hooks";
import {
  IconArrowLeft,
  IconChevronDown,
  IconEye,
  IconHandMove,
  IconKeyboard,
  IconMaximize,
  IconMinimize,
  IconPin,
  IconPinned,
} from "@tabler/icons-react";
import { type ReactNode, type Ref } from "react";
import { useLocation } from "wouter";
import type { Instance } from "../../api/types";
import { LiveIndicator } from "../../components/LiveIndicator";
import { notifyDone } from "../../components/notify";
import { Viewers } from "../../components/Viewers";
import { useLive } from "../../app/live";
import { permits, type ConnectionView } from "../../desktop/connection";
import type { Scaling } from "../../desktop/display";
import type { OpenDesktop } from "../../desktop/openDesktop";
import { ClipboardPanel } from "./ClipboardPanel";
import { FilesPanel } from "./FilesPanel";
import { LinkQuality } from "./LinkQuality";
import { MoreMenu } from "./MoreMenu";
import { ScalingMenu } from "./ScalingMenu";
import { SpecialKeysMenu } from "./SpecialKeysMenu";
import { toggleFullScreen } from "./fullScreen";
import { ToolButton } from "./ToolButton";
import type { ToolbarVisibility } from "./useToolbarVisibility";
import classes from "./desktop.module.css";

interface ToolbarProps {
  ref: Ref<HTMLDivElement>;
  instance: Instance;
  desktop: OpenDesktop;
  view: ConnectionView;
  scaling: Scaling;
  onScaling: (scaling: Scaling) => void;
  dragging: boolean;
  onDragging: (dragging: boolean) => void;
  visibility: ToolbarVisibility;
  onKeyboard: () => void;
  focusDesktop: () => void;
}

/** The thin bar over a desktop. */
export function Toolbar(props: ToolbarProps): ReactNode {
  const { ref, instance, desktop, view, visibility, focusDesktop } = props;
  const live = useLive();
  const input = permits(view, "input");
  const rights = view.phase === "connected" ? view.rights : null;
  // Without a picture there is nothing to hide from.
  const visible = visibility.visible || view.phase !== "connected";
  return (
    <>
      <button
        type="button"
        className={classes.handle}
        data-visible={!visible}
        aria-label="Show toolbar"
        onClick={visibility.show}
        onFocus={visibility.show}
      >
        <IconChevronDown size={14} aria-hidden />
      </button>
      {/* The bar hides when neither pointer nor focus is in it; that is all these listeners do. */}
      <div
        ref={ref}
        className={classes.bar}
        data-visible={visible}
        role="toolbar"
        aria-label="Desktop toolbar"
        tabIndex={-1}
        onPointerEnter={visibility.show}
        onPointerLeave={visibility.hideSoon}
        onFocus={visibility.show}
        onBlur={visibility.hideSoon}
        onKeyDown={(event) => {
          // What happens in an open menu arrives here too, though the menu is drawn elsewhere.
          const here = event.currentTarget.contains(event.target as Node);
          if (event.key === "Escape" && here) {
            focusDesktop();
            visibility.hideSoon();
          }
        }}
      >
        <LeaveButton name={instance.name} />
        <Text className={classes.name} fw={620} truncate title={instance.name}>
          {instance.name}
        </Text>
        {view.phase === "connected" && !input && (
          <Badge className={classes.watching} leftSection={<IconEye size={14} aria-hidden />}>
            Watching only
          </Badge>
        )}
        <LiveIndicator state={live} />
        <Viewers viewers={instance.viewers} />
        <div className={classes.tools}>
          <LinkQuality desktop={desktop} />
          <ClipboardPanel clipboard={desktop.clipboard} rights={rights} onClosed={focusDesktop} />
          <FilesPanel desktop={desktop} rights={rights} onClosed={focusDesktop} />
          <SpecialKeysMenu desktop={desktop} disabled={!input} />
          <ScalingMenu
            scaling={props.scaling}
            onScaling={props.onScaling}
            resizable={permits(view, "resize")}
          />
          <TouchTools {...props} input={input} />
          <FullScreenButton onDone={focusDesktop} />
          <PinButton visibility={visibility} />
          <MoreMenu instance={instance} desktop={desktop} view={view} />
        </div>
      </div>
    </>
  );
}

function LeaveButton({ name }: { name: string }): ReactNode {
  const [, navigate] = useLocation();
  return (
    <Tooltip label="Go home. The desktop keeps running.">
      <Button
        size="xs"
        variant="default"
        leftSection={<IconArrowLeft size={16} aria-hidden />}
        onClick={() => {
          if (document.fullscreenElement !== null) void document.exitFullscreen();
          navigate("/");
          notifyDone(`You left “${name}”. It keeps running.`);
        }}
      >
        Leave
      </Button>
    </Tooltip>
  );
}

function TouchTools({
  view,
  dragging,
  onDragging,
  onKeyboard,
  input,
}: ToolbarProps & { input: boolean }): ReactNode {
  const touch = useMediaQuery("(any-pointer: coarse)");
  return (
    <>
      {view.clipped && (
        <ToolButton
          label="Move the view"
          tip={dragging ? "Use the pointer again" : "Move the visible part by dragging"}
          aria-pressed={dragging}
          onClick={() => {
            onDragging(!dragging);
          }}
        >
          <IconHandMove size={18} aria-hidden />
        </ToolButton>
      )}
      {touch && (
        <ToolButton label="On-screen keyboard" disabled={!input} onClick={onKeyboard}>
          <IconKeyboard size={18} aria-hidden />
        </ToolButton>
      )}
    </>
  );
}

function FullScreenButton({ onDone }: { onDone: () => void }): ReactNode {
  const { fullscreen } = useFullscreenDocument();
  return (
    <ToolButton
      label={fullscreen ? "Leave full screen" : "Full screen"}
      onClick={() => {
        void toggleFullScreen().then(onDone);
      }}
    >
      {fullscreen ? <IconMinimize size={18} aria-hidden /> : <IconMaximize size={18} aria-hidden />}
    </ToolButton>
  );
}

function PinButton({ visibility: { pinned, setPinned } }: { visibility: ToolbarVisibility }): ReactNode {
  return (
    <ToolButton
      label="Pin toolbar"
      tip={pinned ? "Hide the toolbar by itself" : "Keep the toolbar in view"}
      aria-pressed={pinned}
      onClick={() => {
        setPinned(!pinned);
      }}
    >
      {pinned ? <IconPinned size={18} aria-hidden /> : <IconPin size={18} aria-hidden />}
    </ToolButton>
  );
}
