import { Menu, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useObservable } from "../../app/useObservable";
import type { OpenDesktop } from "../../desktop/openDesktop";
import { pictureBy, PICTURES, SOUNDING, type Picture } from "../../desktop/wishes";

const WORDS: Readonly<Record<Picture, { name: string; meaning: string }>> = {
  sharp: { name: "Sharp", meaning: "For small print; takes more of the network." },
  balanced: { name: "Balanced", meaning: "Sharp where it rests, quick where it moves." },
  saving: { name: "Save bandwidth", meaning: "For slow networks; the picture is coarser." },
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
            {WORDS[each].name}
            <Text size="xs" c="dimmed">
              {WORDS[each].meaning}
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
