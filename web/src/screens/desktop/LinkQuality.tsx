import { Popover, Table, Text } from "@mantine/core";
import {
  IconAntennaBars3,
  IconAntennaBars2,
  IconAntennaBars4,
  IconAntennaBars5,
  IconAntennaBarsOff,
  type Icon,
} from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import type { Stream } from "../../api/types";
import { useObservable } from "../../app/useObservable";
import { bytes } from "../../components/figures";
import type { LinkFigures, LinkQuality as Quality } from "../../desktop/link";
import type { OpenDesktop } from "../../desktop/openDesktop";
import { ToolButton } from "./ToolButton";

interface Look {
  readonly word: string;
  readonly icon: Icon;
}

const LOOKS: Readonly<Record<Quality, Look>> = {
  unknown: { word: "measuring", icon: IconAntennaBars3 },
  good: { word: "good", icon: IconAntennaBars5 },
  fair: { word: "fair", icon: IconAntennaBars4 },
  poor: { word: "poor", icon: IconAntennaBars2 },
};

const NO_LINK: Look = { word: "none", icon: IconAntennaBarsOff };

/** How good the link to the desktop is, as a sign; its figures when pressed. */
export function LinkQuality({ desktop }: { desktop: OpenDesktop }): ReactNode {
  const figures = useObservable(desktop.figures);
  const stream = useObservable(desktop.stream);
  const [opened, setOpened] = useState(false);
  const { word, icon: Sign } = figures === null ? NO_LINK : LOOKS[figures.quality];
  const label = `Connection: ${word}`;

  useEffect(() => {
    desktop.watchLink(opened);
    return () => {
      desktop.watchLink(false);
    };
  }, [desktop, opened]);

  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      shadow="md"
      width={290}
      withRoles={false}
    >
      <Popover.Target>
        <ToolButton
          label={label}
          data-quality={figures?.quality}
          aria-expanded={opened}
          disabled={figures === null}
          onClick={() => {
            setOpened(!opened);
          }}
        >
          <Sign size={18} aria-hidden />
        </ToolButton>
      </Popover.Target>
      <Popover.Dropdown aria-label="Connection figures" role="group">
        {figures !== null && <Figures figures={figures} stream={stream} />}
      </Popover.Dropdown>
    </Popover>
  );
}

const MEASURED: Readonly<Record<Stream, string>> = {
  rfb: "The round trip is timed to the desktop and back, while the picture rests.",
  guacamole: "The round trip is timed to the gateway and back.",
};

function Figures({ figures, stream }: { figures: LinkFigures; stream: Stream }): ReactNode {
  return (
    <>
      <Table withRowBorders={false}>
        <Table.Tbody>
          <Row
            name="Round trip"
            value={figures.roundTrip === null ? "measuring …" : `${figures.roundTrip.toFixed(0)} ms`}
          />
          <Row name="Receiving" value={bytes(figures.received, true)} />
          <Row name="Received so far" value={bytes(figures.receivedInAll)} />
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt={4}>
        {MEASURED[stream]}
      </Text>
    </>
  );
}

function Row({ name, value }: { name: string; value: string }): ReactNode {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500} py={4}>
        {name}
      </Table.Th>
      <Table.Td ta="right" py={4}>
        {value}
      </Table.Td>
    </Table.Tr>
  );
}
