import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconHourglass,
  IconPlayerStop,
  IconPower,
  IconRocket,
  IconTrash,
  type Icon,
} from "@tabler/icons-react";
import type { Instance, InstanceState } from "../api/types";

export interface StateLook {
  readonly label: string;
  readonly colour: string;
  readonly icon: Icon;
}

/** How each state looks: never by colour alone. */
export const STATE_LOOKS: Readonly<Record<InstanceState, StateLook>> = {
  REQUESTED: { label: "Requested", colour: "gray", icon: IconCircleDashed },
  PROVISIONING: { label: "Provisioning", colour: "amber", icon: IconHourglass },
  BOOTING: { label: "Booting", colour: "amber", icon: IconRocket },
  READY: { label: "Ready", colour: "petrol", icon: IconCircleCheck },
  DEGRADED: { label: "Degraded", colour: "amber", icon: IconAlertTriangle },
  STOPPING: { label: "Stopping", colour: "gray", icon: IconPlayerStop },
  STOPPED: { label: "Stopped", colour: "gray", icon: IconPower },
  DELETING: { label: "Deleting", colour: "gray", icon: IconTrash },
  DELETED: { label: "Deleted", colour: "gray", icon: IconTrash },
  ERROR: { label: "Error", colour: "red", icon: IconAlertTriangle },
};

const STARTING: ReadonlySet<InstanceState> = new Set(["REQUESTED", "PROVISIONING", "BOOTING"]);
const OPENABLE: ReadonlySet<InstanceState> = new Set(["READY", "DEGRADED"]);
const STARTABLE: ReadonlySet<InstanceState> = new Set(["STOPPED", "ERROR"]);
const GOING: ReadonlySet<InstanceState> = new Set(["DELETING", "DELETED"]);

export const isStarting = ({ state }: Instance): boolean => STARTING.has(state);
export const isOpenable = ({ state }: Instance): boolean => OPENABLE.has(state);
export const isStartable = ({ state }: Instance): boolean => STARTABLE.has(state);
export const isStoppable = ({ state }: Instance): boolean => STARTING.has(state) || OPENABLE.has(state);
export const isGoing = ({ state }: Instance): boolean => GOING.has(state);

/** Whether the person may stop, rename or delete it, not only look at it. */
export const isMine = (instance: Instance): boolean =>
  instance.role === "owner" || instance.role === "co-owner" || instance.role === "admin";
