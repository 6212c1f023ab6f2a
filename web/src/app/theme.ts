import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** Petrol: the colour of what can be pressed. Shade 7 carries white text at 6:1. */
const petrol: MantineColorsTuple = [
  "#e9f6f6",
  "#d3eaeb",
  "#a7d5d7",
  "#77bfc2",
  "#4faaae",
  "#33979c",
  "#1c8187",
  "#0f6a71",
  "#0b565c",
  "#063f44",
];

/** Amber: the beam. For marks and progress, never for text on white. */
const amber: MantineColorsTuple = [
  "#fff6e3",
  "#ffeccd",
  "#ffd79c",
  "#fdc267",
  "#f7b445",
  "#f3a526",
  "#e8960f",
  "#b9700a",
  "#8f5507",
  "#6b3f05",
];

/** Greys with a trace of the brand colour; shade 6 is the quietest text allowed on the page. */
const dark: MantineColorsTuple = [
  "#d5dcdd",
  "#b6c0c2",
  "#97a3a6",
  "#6d797c",
  "#434e51",
  "#333d40",
  "#242c2f",
  "#1a2123",
  "#12181a",
  "#0c1011",
];

export const theme = createTheme({
  colors: { petrol, amber, dark },
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: '"Instrument Sans Variable", system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: "620", sizes: { h1: { fontSize: "1.75rem" }, h2: { fontSize: "1.25rem" } } },
  components: {
    Tooltip: { defaultProps: { withArrow: true, openDelay: 350 } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } } },
    Modal: {
      defaultProps: { centered: true, radius: "lg", closeButtonProps: { "aria-label": "Close" } },
      styles: {
        content: { background: "var(--beamdesk-surface)" },
        header: { background: "var(--beamdesk-surface)" },
        title: { fontWeight: 620, fontSize: "1.15rem" },
      },
    },
    // Without a placeholder the first item has the focus, which a keyboard wants and ARIA asks for.
    Menu: { defaultProps: { shadow: "md", radius: "md", withInitialFocusPlaceholder: false } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f6f7f5",
    "--mantine-color-text": "#172023",
    "--mantine-color-dimmed": "#566164",
    "--mantine-color-placeholder": "#727d80",
    "--beamdesk-surface": "#ffffff",
    "--beamdesk-line": "#dfe4e3",
    "--mantine-color-error": "#b42318",
  },
  dark: {
    "--mantine-color-body": "#12181a",
    "--mantine-color-text": "#dfe6e7",
    "--mantine-color-dimmed": "#9aa7aa",
    "--mantine-color-placeholder": "#8b989b",
    "--beamdesk-surface": "#1a2123",
    "--beamdesk-line": "#2b3437",
    "--mantine-color-error": "#ff8f85",
  },
});
