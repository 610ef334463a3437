import { z } from "zod";
import { giveBadge, loseBadge, takeBadge } from "#server/execution/people/badges.commands.ts";
import {
  addPerson,
  changePerson,
  setPassword,
  setPinCommand,
} from "#server/execution/people/people.commands.ts";
import { PersonId, PersonView } from "#server/execution/people/people.contract.ts";
import { listPeople } from "#server/execution/people/people.queries.ts";
import { addSkill, changeSkill, giveSkill, takeSkill } from "#server/execution/people/skills.commands.ts";
import { SkillView } from "#server/execution/people/skills.contract.ts";
import { listSkills } from "#server/execution/people/skills.queries.ts";
import { rowIdInPath } from "#server/core/number.contract.ts";
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
      summary: "Take a badge back",
    });
    commandRoute(api, {
      path: `${one}/badge/lose`,
      params,
      command: loseBadge,
      response: PersonId,
      summary: "Block a lost badge at once, and put another one in its place",
    });
    commandRoute(api, {
      path: `${one}/skill`,
      params,
      command: giveSkill,
      response: PersonId,
      summary: "Give a skill, or say anew until when it counts",
    });
    commandRoute(api, {
      path: `${one}/skill/take`,
      params,
      command: takeSkill,
      response: PersonId,
      summary: "Take a skill back",
    });
    const SkillId = z.object({ skillId: z.number().int() });
    queryRoute(api, {
      path: "/skills",
      action: "office.look",
      response: z.array(SkillView),
      summary: "The plant's closed list of skills",
      run: ({ db }) => listSkills(db),
    });
    commandRoute(api, { path: "/skills", command: addSkill, response: SkillId, summary: "Add a skill" });
    commandRoute(api, {
      path: "/skills/:skillId",
      params: z.object({ skillId: rowIdInPath() }),
      command: changeSkill,
      response: SkillId,
      summary: "Name a skill anew, or put it away",
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
