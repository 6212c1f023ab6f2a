/** Longest name of a desktop or access token that the gateway takes, in characters. */
export const LONGEST_NAME = 250;
