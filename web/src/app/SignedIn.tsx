import { Center, Container, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ApiProblem } from "../api/problem";
import { sendCsrfToken } from "../api/client";
import { ProblemBanner } from "../components/ProblemBanner";
import { LiveEvents } from "./live";
import { queries } from "./queries";
import { MeProvider } from "./session";

/** Shows *children* to a signed-in person only; everybody else is led to the sign-in page. */
export function SignedIn({ children }: { children: ReactNode }): ReactNode {
  const { data: me, error, refetch } = useQuery(queries.me);
  // The token must be in force before the first write of a child.
  const [inForce, setInForce] = useState<string | null>(null);
  if (me !== undefined && me.csrf_token !== inForce) {
    sendCsrfToken(me.csrf_token);
    setInForce(me.csrf_token);
  }

  if (me !== undefined) {
    return (
      <MeProvider me={me}>
        <LiveEvents>{children}</LiveEvents>
      </MeProvider>
    );
  }
  if (error !== null && !(error instanceof ApiProblem && error.signedOut)) {
    return (
      <Container size="xs" pt="20vh">
        <ProblemBanner problem={error} onRetry={() => void refetch()} />
      </Container>
    );
  }
  return (
    <Center h="100dvh">
      <Loader aria-label="Loading" />
    </Center>
  );
}
