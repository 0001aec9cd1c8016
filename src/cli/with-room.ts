import type { Room } from "../store/room/open-room.ts";
import type { Engine } from "./engine.ts";

/** Opens the store for `use`, to see what takes room there, and closes it again. */
export async function withRoom<T>(engine: Engine, root: string, use: (room: Room) => Promise<T>): Promise<T> {
  const room = await engine.openRoom(root);
  try {
    return await use(room);
  } finally {
    await room.close();
  }
}
