import { z } from "zod";
import {
  addPerson,
  changePerson,
  giveBadge,
  setPassword,
  setPinCommand,
  takeBadge,
} from "#server/execution/people/people.commands.ts";
import { PersonId, PersonView } from "#server/execution/people/people.contract.ts";
import { listPeople } from "#server/execution/people/people.queries.ts";
import { type ApiRouter, commandRoute, queryRoute, type Routes } from "../route.ts";

/** People, their roles, badges, PINs and passwords. @param pepper what goes into the hash of a PIN */
export function peopleRoutes(pepper: string): Routes {
  return (api: ApiRouter) => {
    const params = PersonId;
    queryRoute(api, {
      path: "/people",
      action: "people.manage",
      response: z.array(PersonView),
      summary: "Everybody, with roles and what they may sign on with",
      run: ({ db }) => listPeople(db),
    });
    const one = "/people/:personId";
    commandRoute(api, { path: "/people", command: addPerson, response: PersonId, summary: "Add a person" });
    commandRoute(api, {
      path: one,
      params,
      command: changePerson,
      response: PersonId,
      summary: "Change a person",
    });
    commandRoute(api, {
      path: `${one}/badge`,
      params,
      command: giveBadge,
      response: PersonId,
      summary: "Give a badge",
    });
    commandRoute(api, {
      path: `${one}/badge/take`,
      params,
      command: takeBadge,
      response: PersonId,
      summary: "Take a badge back, or declare it lost",
    });
    commandRoute(api, {
      path: `${one}/pin`,
      params,
      command: setPinCommand(pepper),
      response: PersonId,
      summary: "Set a PIN",
    });
    commandRoute(api, {
      path: `${one}/password`,
      params,
      command: setPassword,
      response: PersonId,
      summary: "Set a password",
    });
  };
}
