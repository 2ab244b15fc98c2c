// A Hyperdrive configuration: the parts of a connection string. There is no pool: a driver connects to the database itself.

import { OptionsError } from "../../node/errors.ts";

const PORTS: Readonly<Record<string, number>> = { "postgres:": 5432, "postgresql:": 5432, "mysql:": 3306 };

export class Hyperdrive {
  readonly connectionString: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;

  /** @throws {OptionsError} for a text that is not a connection string with all its parts */
  constructor(binding: string, connectionString: string) {
    const url = URL.canParse(connectionString) ? new URL(connectionString) : undefined;
    const port = Object.hasOwn(PORTS, url?.protocol ?? "") ? PORTS[url?.protocol as string] : undefined;
    if (url === undefined || port === undefined || url.hostname === "" || url.pathname.length < 2) {
      throw new OptionsError(
        "ERR_INVALID_OPTION",
        `Invalid option "hyperdrives.${binding}": expected a connection string like "postgres://user:password@localhost:5432/database"`,
      );
    }
    this.connectionString = connectionString;
    this.host = url.hostname;
    this.port = Number(url.port || port);
    this.user = decodeURIComponent(url.username);
    this.password = decodeURIComponent(url.password);
    this.database = decodeURIComponent(url.pathname.slice(1));
  }

  connect(): never {
    throw new Error(
      "Hyperdrive's connect() needs sockets, which are not implemented: use its connectionString in Node.",
    );
  }
}
