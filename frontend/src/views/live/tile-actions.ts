/** What the teacher can do with a classroom at its tile. */
export type TileAction =
  | "invite"
  | "take_down"
  | "silence"
  | "lower_hand"
  | "permissions"
  | "eject"
  | "unblock"
  | "details";
