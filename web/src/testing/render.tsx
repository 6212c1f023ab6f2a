import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import { render, type RenderResult } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { MeProvider } from "../app/session";
import { makeQueryClient } from "../app/queries";
import type { Me } from "../api/types";

export const ADA: Me = {
  id: "u1",
  name: "ada",
  display_name: "Ada Lovelace",
  is_admin: false,
  csrf_token: "csrf",
  instance_limit: 5,
};

interface Shown extends RenderResult {
  queryClient: QueryClient;
}

/** Draws *page* as the application would, for the signed-in person *me*. */
export function show(page: ReactNode, me: Me = ADA): Shown {
  const queryClient = makeQueryClient(() => undefined);
  const result = render(
    <StrictMode>
      <MantineProvider env="test">
        <QueryClientProvider client={queryClient}>
          <ModalsProvider>
            <Notifications />
            <MeProvider me={me}>{page}</MeProvider>
          </ModalsProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
  return { ...result, queryClient };
}
