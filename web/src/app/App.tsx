import { Center, Loader, MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useEffect, type ReactNode } from "react";
import { Redirect, Route, Switch } from "wouter";
import { HomeScreen } from "../screens/home/HomeScreen";
import { NotFoundScreen } from "../screens/NotFoundScreen";
import { SignedOutScreen } from "../screens/sign-in/SignedOutScreen";
import { SignInScreen } from "../screens/sign-in/SignInScreen";
import { DesktopScreen, NewDesktopScreen, preloadDesktopScreen, TokensScreen } from "./lazyScreens";
import { makeQueryClient } from "./queries";
import { Shell } from "./Shell";
import { SignedIn } from "./SignedIn";
import { cssVariables, theme } from "./theme";
import { goToSignIn } from "./returnTo";

const queryClient = makeQueryClient(goToSignIn);

export function App(): ReactNode {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <ModalsProvider>
          <Notifications position="bottom-right" />
          <Routes />
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Routes(): ReactNode {
  return (
    <Switch>
      <Route path="/sign-in">
        <SignInScreen />
      </Route>
      <Route path="/signed-out">
        <SignedOutScreen />
      </Route>
      <Route>
        <SignedIn>
          <Suspense fallback={<Waiting />}>
            <SignedInRoutes />
          </Suspense>
        </SignedIn>
      </Route>
    </Switch>
  );
}

function SignedInRoutes(): ReactNode {
  return (
    <Switch>
      <Route path="/desktops/:id">{({ id }) => <DesktopScreen key={id} id={id} />}</Route>
      <Route path="/desktops">
        <Redirect to="/" replace />
      </Route>
      <Route>
        <Shell>
          <Switch>
            <Route path="/" component={HomeScreen} />
            <Route path="/new" component={NewDesktopPage} />
            <Route path="/tokens" component={TokensScreen} />
            <Route component={NotFoundScreen} />
          </Switch>
        </Shell>
      </Route>
    </Switch>
  );
}

function NewDesktopPage(): ReactNode {
  useEffect(preloadDesktopScreen, []);
  return <NewDesktopScreen />;
}

function Waiting(): ReactNode {
  return (
    <Center h="60dvh">
      <Loader aria-label="Loading" />
    </Center>
  );
}
