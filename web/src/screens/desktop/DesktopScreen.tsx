import { Center, Container, Loader } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiProblem } from "../../api/problem";
import { queries } from "../../app/queries";
import { Shell } from "../../app/Shell";
import { ProblemBanner } from "../../components/ProblemBanner";
import { isOpenable } from "../../components/states";
import { NotFoundScreen } from "../NotFoundScreen";
import { LiveDesktop } from "./LiveDesktop";
import { WaitingRoom } from "./WaitingRoom";

/** One desktop: the machine's picture while it runs, else what is happening to it. */
export default function DesktopScreen({ id }: { id: string }): ReactNode {
  const { data: instance, error, refetch } = useQuery(queries.instance(id));
  useDocumentTitle(instance === undefined ? "Beamdesk" : `${instance.name} – Beamdesk`);

  if (instance !== undefined && isOpenable(instance)) {
    return <LiveDesktop instance={instance} />;
  }
  return (
    <Shell>
      {instance !== undefined && <WaitingRoom instance={instance} />}
      {instance === undefined && error === null && (
        <Center h="50dvh">
          <Loader aria-label="Loading" />
        </Center>
      )}
      {instance === undefined && error instanceof ApiProblem && error.status === 404 && <NotFoundScreen />}
      {instance === undefined && error !== null && !(error instanceof ApiProblem && error.status === 404) && (
        <Container size="xs">
          <ProblemBanner problem={error} onRetry={() => void refetch()} />
        </Container>
      )}
    </Shell>
  );
}
