import { Button, Group, Select, SimpleGrid, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { createInstance } from "../../api/calls";
import type { NewInstance, Plan } from "../../api/types";
import { instanceCache, queries } from "../../app/queries";
import { useMe } from "../../app/session";
import { remember, remembered } from "../../base/memory";
import { randomKey } from "../../base/random";
import { LONGEST_NAME } from "../../components/limits";
import { ProblemBanner } from "../../components/ProblemBanner";
import { isGoing } from "../../components/states";
import { applyAnswer } from "../../events/apply";
import { PlanChoice } from "./PlanChoice";
import { FIT, SCREEN_CHOICES, screenSize } from "./screenSizes";
import { useKeyboardGuess } from "./useKeyboardGuess";

/** Asks for a desktop and goes to it at once; it starts meanwhile. */
export default function NewDesktopScreen(): ReactNode {
  useDocumentTitle("New desktop – Beamdesk");
  const plans = useQuery(queries.plans);
  return (
    <Stack gap="lg" maw={860} mx="auto">
      <div>
        <Title order={1}>New desktop</Title>
        <Text c="dimmed">It starts in a few seconds and keeps running when you leave.</Text>
        <Allowance />
      </div>
      {plans.error !== null && <ProblemBanner problem={plans.error} onRetry={() => void plans.refetch()} />}
      {plans.isPending && (
        <SimpleGrid cols={{ base: 1, sm: 2 }} role="status" aria-label="Loading plans">
          <Skeleton height={120} radius="lg" />
          <Skeleton height={120} radius="lg" />
        </SimpleGrid>
      )}
      {plans.data?.length === 0 && (
        <Text>
          There is nothing to start here yet: no plan is configured. Ask whoever runs this Beamdesk.
        </Text>
      )}
      {plans.data !== undefined && plans.data.length > 0 && <DesktopForm plans={plans.data} />}
    </Stack>
  );
}

/** How many desktops the person has of those that they may have. */
function Allowance(): ReactNode {
  const { instance_limit: limit } = useMe();
  const { data } = useQuery(queries.instances("own"));
  const had = data?.filter((each) => !isGoing(each)).length ?? 0;
  if (limit < 0 || had === 0) return null;
  return (
    <Text size="sm" mt={4} c={had < limit ? "dimmed" : "var(--mantine-color-error)"}>
      You have {had} of the {limit} desktops that you may have.
      {had >= limit && " Delete one to make room for another."}
    </Text>
  );
}

function firstPlan(plans: readonly Plan[]): string {
  const last = remembered("plan");
  const usable = plans.filter((plan) => plan.available);
  return (
    (usable.find((plan) => plan.id === last) ?? usable.find((plan) => plan.preset) ?? usable[0])?.id ?? ""
  );
}

function firstScreen(): string {
  const last = remembered("screen");
  return SCREEN_CHOICES.some(({ value }) => value === last) && last !== null ? last : FIT;
}

function DesktopForm({ plans }: { plans: readonly Plan[] }): ReactNode {
  const keyboards = useQuery(queries.keyboards);
  const offered = keyboards.data ?? [];
  const guess = useKeyboardGuess(offered.map(({ id }) => id));
  const [plan, setPlan] = useState(() => firstPlan(plans));
  const [name, setName] = useState("");
  const [screen, setScreen] = useState(firstScreen);
  const [chosenKeyboard, setKeyboard] = useState(() => remembered("keyboard"));
  const keyboard = offered.some(({ id }) => id === chosenKeyboard) ? chosenKeyboard : (guess ?? null);
  const { mutate, isPending, error } = useCreate();

  const submit = (): void => {
    remember("plan", plan);
    remember("screen", screen);
    if (chosenKeyboard !== null) remember("keyboard", chosenKeyboard);
    mutate({
      plan,
      screen: screenSize(screen, { width: window.innerWidth, height: window.innerHeight }),
      ...(name.trim() === "" ? {} : { name: name.trim() }),
      ...(keyboard === null ? {} : { keyboard }),
    });
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="lg">
        <PlanChoice plans={plans} value={plan} onChange={setPlan} />
        <TextInput
          label="Name"
          description="Leave it empty and one is found for you."
          placeholder="Such as “Diffraction run 12”"
          maxLength={LONGEST_NAME}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Select
            label="Screen size"
            data={SCREEN_CHOICES}
            value={screen}
            allowDeselect={false}
            onChange={(value) => {
              if (value !== null) setScreen(value);
            }}
          />
          <Select
            label="Keyboard layout"
            data={offered.map(({ id, name: label }) => ({ value: id, label }))}
            value={keyboard}
            searchable
            allowDeselect={false}
            nothingFoundMessage="No such layout"
            disabled={offered.length === 0}
            onChange={setKeyboard}
          />
        </SimpleGrid>
        {error !== null && <ProblemBanner problem={error} />}
        <Group justify="flex-end">
          <Button component={Link} href="/" variant="default">
            Cancel
          </Button>
          <Button type="submit" loading={isPending} disabled={plan === ""}>
            Create desktop
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function useCreate() {
  const me = useMe();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  // Pressing again after a lost answer must not make a second desktop, so the key stays for as
  // long as the wishes do.
  const intent = useRef({ wishes: "", key: "" });
  return useMutation({
    mutationFn: (wishes: NewInstance) => {
      const written = JSON.stringify(wishes);
      if (intent.current.wishes !== written) intent.current = { wishes: written, key: randomKey() };
      return createInstance(wishes, intent.current.key);
    },
    onSuccess: (instance) => {
      applyAnswer(instance, instanceCache(queryClient), me.id, true);
      navigate(`/desktops/${instance.id}`);
    },
  });
}
