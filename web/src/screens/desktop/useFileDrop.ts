import { useEffect, useEffectEvent, useRef, useState, type RefObject } from "react";

/**
 * Calls *take* with files that are dropped on the element of the reference; *over* while some are above it.
 * Who cannot drag needs another way besides.
 */
export function useFileDrop<Element extends HTMLElement>(
  take: (files: readonly File[]) => void,
): { ref: RefObject<Element | null>; over: boolean } {
  const ref = useRef<Element>(null);
  const [over, setOver] = useState(false);
  const onFiles = useEffectEvent(take);
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    const element = ref.current;
    element?.addEventListener(
      "dragover",
      (event) => {
        if (event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault();
        setOver(true);
      },
      { signal },
    );
    element?.addEventListener(
      "dragleave",
      () => {
        setOver(false);
      },
      { signal },
    );
    element?.addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer !== null) onFiles(filesOf(event.dataTransfer));
      },
      { signal },
    );
    return () => {
      ended.abort();
    };
  }, []);
  return { ref, over };
}

/** Without folders: browsers show those as files that cannot be read. */
function filesOf(transfer: DataTransfer): File[] {
  return [...transfer.items].flatMap((item) => {
    const file = item.webkitGetAsEntry()?.isDirectory === true ? null : item.getAsFile();
    return file === null ? [] : [file];
  });
}
