/** Who is signed in, for everything below `SignedIn`. */
import { createContext, use, type ReactNode } from "react";
import type { Me } from "../api/types";

const MeContext = createContext<Me | null>(null);

export function MeProvider({ me, children }: { me: Me; children: ReactNode }): ReactNode {
  return <MeContext value={me}>{children}</MeContext>;
}

/** The signed-in person; only below `MeProvider`. */
export function useMe(): Me {
  const me = use(MeContext);
  if (me === null) throw new Error("useMe outside of MeProvider");
  return me;
}
