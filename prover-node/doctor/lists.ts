import type { NodeSettings } from '../settings.ts';
import { LIST_SETTINGS, listsOf, nameOfList, whyNotListed } from '../stake/lists.ts';
import { look, ok, type Finding } from './finding.ts';

/** Whom the operator's lists name, and whether they leave what `models` makes ready. @throws ConfigError CONFIG_INVALID */
export function examineLists(settings: NodeSettings): Finding {
  const what = 'for whom';
  const lists = listsOf(settings);
  const named = LIST_SETTINGS.filter((key) => lists[key].size > 0);
  if (named.length === 0) return ok(what, 'everybody');
  const found = named.map((key) => `${lists[key].size} in ${nameOfList(key)}`).join(', ');
  const left = settings.models.flatMap((modelId) => {
    const reason = whyNotListed({ modelId }, lists);
    return reason ? [reason.say(String)] : [];
  });
  return left.length === 0
    ? ok(what, found)
    : look(what, `${found}; ${left.join(', ')}`, 'Take it out of models, or let the lists have it.');
}
