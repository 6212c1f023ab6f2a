import { Code, Loader, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { signIn } from "../../api/calls";
import { ApiProblem } from "../../api/problem";
import { queries } from "../../app/queries";
import { takeReturnTo } from "../../app/returnTo";
import { ProblemBanner } from "../../components/ProblemBanner";
import { Frame } from "./Frame";
import { takeToken } from "./token";

/** Signs in with the link that was opened, or tells how to get one. */
export function SignInScreen(): ReactNode {
  useDocumentTitle("Sign in – Beamdesk");
  const [token, setToken] = useState(takeToken);
  const { problem, retry } = useSignIn(token);

  useEffect(() => {
    // Opening another link while this page is shown changes nothing but the fragment.
    const another = (): void => {
      setToken((known) => takeToken() ?? known);
    };
    window.addEventListener("hashchange", another);
    return () => {
      window.removeEventListener("hashchange", another);
    };
  }, []);

  if (token === null) {
    return (
      <Frame>
        <HowToGetALink title="Sign in with a link" />
      </Frame>
    );
  }
  if (problem === null) {
    return (
      <Frame>
        <Stack align="center" role="status">
          <Loader aria-hidden />
          <Text>Signing you in …</Text>
        </Stack>
      </Frame>
    );
  }
  if (problem.passing) {
    return (
      <Frame>
        <ProblemBanner problem={problem} onRetry={retry} />
      </Frame>
    );
  }
  return (
    <Frame>
      <HowToGetALink title="This link no longer works" sentence={problem.sentence} />
    </Frame>
  );
}

interface SignIn {
  problem: ApiProblem | null;
  retry: () => void;
}

/** Exchanges *token* for a browser session and goes on; a token is sent once however often this is drawn. */
function useSignIn(token: string | null): SignIn {
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (token === null) return undefined;
    let shown = true;
    exchange(token, attempt).then(
      (me) => {
        if (!shown) return;
        queryClient.clear();
        queryClient.setQueryData(queries.me.queryKey, me);
        navigate(takeReturnTo(), { replace: true });
      },
      (cause: unknown) => {
        if (shown) setProblem(ApiProblem.from(cause));
      },
    );
    return () => {
      shown = false;
    };
  }, [token, attempt, navigate, queryClient]);

  return {
    problem,
    retry: () => {
      setProblem(null);
      setAttempt((count) => count + 1);
    },
  };
}

let underWay: { key: string; answer: ReturnType<typeof signIn> } | null = null;

/** React runs an effect twice in development; a one-time token must not be spent by the first run. */
function exchange(token: string, attempt: number): ReturnType<typeof signIn> {
  const key = `${attempt} ${token}`;
  if (underWay?.key !== key) underWay = { key, answer: signIn(token) };
  return underWay.answer;
}

function HowToGetALink({ title, sentence }: { title: string; sentence?: string }): ReactNode {
  return (
    <Stack gap="sm">
      <Title order={1} fz="h2" ta="center">
        {title}
      </Title>
      {sentence !== undefined && <Text ta="center">{sentence}</Text>}
      <Text c="dimmed" size="sm">
        A sign-in link works once and for a short time. To get a new one, start Beamdesk again (it prints a
        link), or run this where it runs:
      </Text>
      <Code block>beamdesk user link NAME</Code>
      <Text c="dimmed" size="sm">
        Somebody else runs Beamdesk for you? Ask them for a link.
      </Text>
    </Stack>
  );
}
