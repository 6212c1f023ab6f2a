import type { ReactNode } from "react";

/** The mark: a screen that a beam enters on one side and leaves, spread, on the other. */
export function LogoMark({ size = 28 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect x="1.5" y="4" width="29" height="20.5" rx="4.5" fill="#0f5f66" />
      <path d="M1.5 19.2 13 14.6l1.6 3.2-13 3.4z" fill="#f7b445" />
      <path d="M16.4 13.4 30.5 7.2v3.1L16.9 15z" fill="#ffe2ae" />
      <path d="M16.9 15.4 30.5 12v3.2l-13.2 1.7z" fill="#f7b445" />
      <path d="M17.4 17.5l13.1-.6v3.2l-12.6-.7z" fill="#ee7f3a" />
      <path d="M12.2 13.2h5.4v6.2h-5.4z" fill="#fff" opacity=".92" />
      <path d="M10 28.5h12" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" />
    </svg>
  );
}
