import { notifications } from "@mantine/notifications";
import { ApiProblem } from "../api/problem";

/** Tells in a corner of the page that something could not be done. */
export function notifyProblem(cause: unknown): void {
  const { sentence, requestId } = ApiProblem.from(cause);
  notifications.show({
    color: "red",
    title: sentence,
    message: requestId === null ? "" : `Request ${requestId}`,
    autoClose: 10_000,
  });
}

/** Tells that something is not allowed here, and by whom. */
export function notifyRefusal(sentence: string): void {
  notifications.show({ color: "amber", message: sentence });
}

export function notifyDone(message: string): void {
  notifications.show({ color: "petrol", message });
}
