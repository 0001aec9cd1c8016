/** The flag of the commands that fetch what a build would, but run nothing of it. */
export const fetchSecretFlag = {
  type: "list",
  value: "SECRET",
  help: "What opens private repositories and files, as for build: id=GIT_AUTH_TOKEN.HOST,env=VARIABLE, id=HTTP_AUTH_TOKEN_HOST,src=FILE. Repeatable.",
} as const;
