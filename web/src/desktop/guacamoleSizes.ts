/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The gateway drops what is beyond these: some machines cannot live with it. */
const SMALLEST_SIDE = 64;
const LARGEST_SIDE = 8192;

/** The factor by which *picture* just fits into *window*; 1 while either has no size. */
export function scaleToFit(picture: Size, window: Size): number {
  const scale = Math.min(window.width / picture.width, window.height / picture.height);
  return Number.isFinite(scale) && scale > 0 ? scale : 1;
}

/** The size of a desktop that fills *window*; null while the window is not to be seen. */
export function sizeToAskFor(window: Size): Size | null {
  if (window.width === 0 || window.height === 0) return null;
  return { width: within(window.width), height: within(window.height) };
}

function within(side: number): number {
  return Math.min(Math.max(Math.floor(side), SMALLEST_SIDE), LARGEST_SIDE);
}
