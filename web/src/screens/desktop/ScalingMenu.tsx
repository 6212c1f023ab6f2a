import { Menu } from "@mantine/core";
import { IconAspectRatio } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Scaling } from "../../desktop/display";
import { ToolButton } from "./ToolButton";

interface ScalingMenuProps {
  scaling: Scaling;
  onScaling: (scaling: Scaling) => void;
  /** Whether this person may change the desktop's own size. */
  resizable: boolean;
}

const CHOICES: readonly { value: Scaling; label: string }[] = [
  { value: "fit", label: "Fit: shrink or grow the picture" },
  { value: "actual", label: "Actual size: 1:1" },
  { value: "window", label: "Match window: resize the desktop" },
];

/** How the picture is brought to the size of the window. */
export function ScalingMenu({ scaling, onScaling, resizable }: ScalingMenuProps): ReactNode {
  return (
    <Menu position="bottom-end" width={300}>
      <Menu.Target>
        <ToolButton label="Scaling">
          <IconAspectRatio size={18} aria-hidden />
        </ToolButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup
          value={scaling}
          onChange={(value) => {
            onScaling(value as Scaling);
          }}
        >
          {CHOICES.map(({ value, label }) => (
            <Menu.RadioItem
              closeMenuOnClick
              key={value}
              value={value}
              disabled={value === "window" && !resizable}
            >
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
