import { Menu, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Stream } from "../../api/types";
import { useObservable } from "../../app/useObservable";
import type { OpenDesktop } from "../../desktop/openDesktop";
import { pictureBy, PICTURES, SOUNDING, type Picture } from "../../desktop/wishes";

const NAMES: Readonly<Record<Picture, string>> = {
  sharp: "Sharp",
  balanced: "Balanced",
  saving: "Save bandwidth",
};

const MEANINGS: Readonly<Record<Stream, Readonly<Partial<Record<Picture, string>>>>> = {
  rfb: {
    sharp: "For small print; takes more of the network.",
    balanced: "For most work.",
    saving: "For slow networks; the picture is coarser.",
  },
  guacamole: {
    balanced: "For most work.",
    // guacd draws for all viewers at once.
    saving: "For slow networks; it counts when all who are here choose it.",
  },
};

/** What a person can choose of the picture and sound of this desktop, as items of a menu. */
export function StreamWishes({ desktop }: { desktop: OpenDesktop }): ReactNode {
  const stream = useObservable(desktop.stream);
  const { picture, sound } = useObservable(desktop.wishes);
  return (
    <>
      <Menu.Divider />
      <Menu.Label>Picture</Menu.Label>
      <Menu.RadioGroup
        value={pictureBy(stream, picture)}
        onChange={(value) => {
          desktop.wish({ picture: value as Picture });
        }}
      >
        {PICTURES[stream].map((each) => (
          <Menu.RadioItem closeMenuOnClick key={each} value={each}>
            {NAMES[each]}
            <Text size="xs" c="dimmed">
              {MEANINGS[stream][each]}
            </Text>
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
      {SOUNDING.includes(stream) && (
        <Menu.CheckboxItem
          closeMenuOnClick
          checked={sound}
          onChange={(checked) => {
            desktop.wish({ sound: checked });
          }}
        >
          Sound
        </Menu.CheckboxItem>
      )}
    </>
  );
}
