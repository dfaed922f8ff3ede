/** The targets of a term plan, each with the track whose facts it counts. */
export const TARGETS = ["preparations", "lessons", "resources", "trainings"] as const;

export const TRACK_OF = {
  preparations: "PREPARATION",
  lessons: "TEACHING",
  resources: "RESOURCE",
  trainings: "TRAINING",
} as const;
