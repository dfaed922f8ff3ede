/** Recordings that are published to somebody. */
import { client, dataOf, type Paging } from "./client";

export const published = (query: Paging & { q?: string }) => dataOf(client.get("/api/recordings/published", { query }));
