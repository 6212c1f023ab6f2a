import { Badge, Group, Radio, SimpleGrid, Text } from "@mantine/core";
import {
  IconAtom,
  IconBrandPython,
  IconDeviceDesktop,
  IconFlask,
  IconNotebook,
  IconTerminal2,
  IconLock,
  type Icon,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Plan } from "../../api/types";
import { withheldSentence } from "./withheld";
import classes from "./plan.module.css";

interface PlanChoiceProps {
  plans: readonly Plan[];
  value: string;
  onChange: (plan: string) => void;
}

/** Plans as cards, of which one is chosen. */
export function PlanChoice({ plans, value, onChange }: PlanChoiceProps): ReactNode {
  return (
    <Radio.Group label="Plan" value={value} onChange={onChange}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} mt={4}>
        {plans.map((plan) => (
          <PlanCard key={plan.id} plan={plan} />
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

const ICONS: Readonly<Record<string, Icon>> = {
  desktop: IconDeviceDesktop,
  python: IconBrandPython,
  jupyter: IconNotebook,
  terminal: IconTerminal2,
  science: IconAtom,
  lab: IconFlask,
};

function PlanCard({ plan }: { plan: Plan }): ReactNode {
  const withheld = withheldSentence(plan.withheld);
  const PlanIcon = ICONS[plan.icon] ?? IconDeviceDesktop;
  return (
    <Radio.Card
      value={plan.id}
      disabled={!plan.available}
      className={classes.card}
      radius="lg"
      aria-label={plan.name}
      aria-describedby={`plan-${plan.id}`}
    >
      <Group wrap="nowrap" align="flex-start">
        <PlanIcon size={26} aria-hidden className={classes.icon} />
        <div id={`plan-${plan.id}`} className={classes.text}>
          <Text fw={620}>{plan.name}</Text>
          <Text size="sm" c="dimmed">
            {plan.description}
          </Text>
          <Group gap={6} mt={8}>
            {facts(plan).map((fact) => (
              <Badge key={fact} className={classes.fact}>
                {fact}
              </Badge>
            ))}
          </Group>
          {withheld !== null && (
            <Text size="sm" mt={8} c="dimmed" className={classes.withheld}>
              <IconLock size={15} aria-hidden className={classes.lock} />
              {withheld}
            </Text>
          )}
          {!plan.available && (
            <Text size="sm" mt={6} c="var(--mantine-color-error)">
              {plan.unavailable_reason ?? "Not available now."}
            </Text>
          )}
        </div>
        <Radio.Indicator disabled={!plan.available} />
      </Group>
    </Radio.Card>
  );
}

function facts({ cpus, memory_mib, free, total, available }: Plan): string[] {
  const known: (string | false)[] = [
    cpus !== null && `${cpus} CPU${cpus === 1 ? "" : "s"}`,
    memory_mib !== null && `${Math.round(memory_mib / 102.4) / 10} GiB memory`,
    available && free !== null && (total === null ? `${free} free` : `${free} of ${total} free`),
  ];
  return known.filter((fact) => fact !== false);
}
