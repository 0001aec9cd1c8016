/** The header for a user and a password as they stand in a URL, percent-encoded; none without a user. */
export function basicAuthorization(username: string, password: string): Readonly<Record<string, string>> {
  if (username === "") return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
}
