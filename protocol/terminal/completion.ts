import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command as shells complete it. */
interface Place {
  /** Names of the commands on the way to it: `job post`; nothing for the program itself. */
  readonly at: string;
  readonly words: readonly { readonly word: string; readonly about: string; readonly takesValue: boolean }[];
}

/** A script that completes the program's commands and flags in a shell, as its own tree has them. */
export function completionOf(program: Command, shell: Shell): string {
  const name = program.name();
  const places = placesOf(program);
  const paths = places.map(({ at }) => at).filter((at) => at !== '');
  return { bash, zsh, fish }[shell](name, places, paths);
}

function placesOf(command: Command, at = ''): Place[] {
  const below = command.commands.map((one) => ({
    word: one.name(),
    about: one.summary(),
    takesValue: false,
  }));
  const flags = command.options
    .filter(({ hidden, long }) => !hidden && long !== undefined && long !== null)
    .map((option) => ({
      word: String(option.long),
      about: option.description,
      takesValue: option.required || option.optional,
    }));
  const help = { word: '--help', about: 'display help for command', takesValue: false };
  return [
    { at, words: [...below, ...flags, help] },
    ...command.commands.flatMap((one) => placesOf(one, at === '' ? one.name() : `${at} ${one.name()}`)),
  ];
}

/** In single quotes nothing means anything but the quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bash(name: string, places: readonly Place[], paths: readonly string[]): string {
  const cases = places.map(
    ({ at, words }) => `    ${quoted(at)}) words=${quoted(words.map(({ word }) => word).join(' '))} ;;`,
  );
  return `# bash completion of ${name}: eval "$(${name} completion bash)"
_${name}() {
  local at='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$word" in
      ${paths.map(quoted).join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}

function zsh(name: string, places: readonly Place[], paths: readonly string[]): string {
  const cases = places.map(({ at, words }) => {
    const described = words.map(({ word, about }) => quoted(`${word}:${about.replaceAll('\n', ' ')}`));
    return `    ${quoted(at)}) entries=(${described.join(' ')}) ;;`;
  });
  return `#compdef ${name}
# zsh completion of ${name}: eval "$(${name} completion zsh)"
_${name}() {
  local at='' word
  local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in
      ${paths.map(quoted).join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  _describe ${quoted(name)} entries || _files
}
compdef _${name} ${name}
`;
}

function fish(name: string, places: readonly Place[], paths: readonly string[]): string {
  const lines = places.flatMap(({ at, words }) =>
    words.map(({ word, about, takesValue }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}${takesValue ? ' -r' : ''}` : `-f -a ${word}`;
      return `complete -c ${name} -n ${quoted(`__${name}_at ${quoted(at)}`)} ${what} -d ${quoted(about.replaceAll('\n', ' '))}`;
    }),
  );
  return `# fish completion of ${name}: ${name} completion fish | source
function __${name}_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch (string trim "$at $word")
      case ${paths.map(quoted).join(' ')}
        set at (string trim "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}
