/** The geometry that the build prepares: see world-map.ts. Lengths are units of the view box. */
export type WorldOutline = {
  width: number;
  height: number;
  /** country is null where a shape has no code: its name then stands on its own. id: of its path in world-map.svg. */
  shapes: { id: string; country: string | null; name: string; path: string }[];
  /** Positions of places that have no shape at this scale. */
  dots: { country: string; x: number; y: number }[];
};
