# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_rolecall_global_optspecs
    string join \n V/version v/verbose h/help
end

function __fish_rolecall_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_rolecall_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_rolecall_using_subcommand
    set -l cmd (__fish_rolecall_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c rolecall -n "__fish_rolecall_needs_command" -s V -l version -d 'Print the version; with -v also how old the tables of AWS facts are'
complete -c rolecall -n "__fish_rolecall_needs_command" -s v -l verbose -d 'Say more'
complete -c rolecall -n "__fish_rolecall_needs_command" -s h -l help -d 'Print help'
complete -c rolecall -n "__fish_rolecall_needs_command" -f -a "check" -d 'Check templates, folders and CDK output'
complete -c rolecall -n "__fish_rolecall_needs_command" -f -a "completions" -d 'Print the completions of a shell: put them where it looks for them'
complete -c rolecall -n "__fish_rolecall_needs_command" -f -a "eval" -d 'Evaluate policies for requests, one JSON object a line; answers come in the same order'
complete -c rolecall -n "__fish_rolecall_needs_command" -f -a "explain" -d 'Explain a rule: what it means, why it matters, how to fix it'
complete -c rolecall -n "__fish_rolecall_needs_command" -f -a "init" -d 'Write a rolecall.toml in which every key is described, and print what starts the check elsewhere'
complete -c rolecall -n "__fish_rolecall_needs_command" -f -a "man" -d 'Print a page of the manual'
complete -c rolecall -n "__fish_rolecall_needs_command" -f -a "rules" -d 'List every rule'
complete -c rolecall -n "__fish_rolecall_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -s f -l format -d 'Format of the report; may be given again, each with its own `--output`' -r -f -a "text\t''
plain\t''
json\t''
sarif\t''
github\t''
gitlab\t''
junit\t''
markdown\t''
html\t''"
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -s o -l output -d 'Write the report of the `--format` before it to a file' -r -F
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l select -d 'Run only these rules: ids, names or groups, with commas between them; of a rule that is named by itself also its info findings are shown' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l ignore -d 'Leave these rules out' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l min-severity -d 'The lowest severity that is shown [default: warning]' -r -f -a "error\t''
warning\t''
info\t''"
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l fail-on -d 'The lowest severity that makes the exit status 1 [default: error, or what rolecall.toml says]' -r -f -a "error\t''
warning\t''
info\t''
never\t''"
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l config -d 'Use this configuration, in place of the nearest rolecall.toml above each template' -r -F
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l baseline -d 'Findings that were there before and do not count, as written by --write-baseline' -r -F
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l write-baseline -d 'Write what is found to a baseline: from then on only what is new counts' -r -F
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l parameters -d 'Values of parameters: a map, the list of the AWS command line, or a template configuration; may be given again, and the later file wins' -r -F
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l region -d 'The Region of stacks that do not name their own' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l account -d 'The account of stacks that do not name their own' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l partition -d 'The partition of stacks whose Region is not known' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l fix -d 'Make the fixes that are safe; with `offer` also those that somebody should look at' -r -f -a "safe\t'What nobody has to think about'
offer\t'Also what somebody should look at'"
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l exclude -d 'Leave out what this glob matches, from the working directory; may be given again' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l source-root -d 'The folder of the CDK app\'s sources, for outputs made elsewhere [default: that of its cdk.json]' -r -F
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l threads -d 'Number of threads [default: number of cores]' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Everywhere'
never\t'Nowhere'"
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l stdin-filename -d 'The path to show for standard input' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l show-possible -d 'Also show what holds only for some values of what is unknown'
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l show-undecided -d 'Also name the trust policies and role mappings of which a part is unknown, and what is missing'
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l diff -d 'Print what --fix would change, as a unified diff, and write nothing'
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -l no-gitignore -d 'Also read what .gitignore hides'
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -s q -l quiet -d 'Print findings only, no summary and no notes'
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -s v -l verbose -d 'Also say why files were passed over and which references left the run'
complete -c rolecall -n "__fish_rolecall_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rolecall -n "__fish_rolecall_using_subcommand completions" -s h -l help -d 'Print help'
complete -c rolecall -n "__fish_rolecall_using_subcommand eval" -l policy -d 'A JSON file with the policy for lines without one' -r -F
complete -c rolecall -n "__fish_rolecall_using_subcommand eval" -l threads -d 'Number of threads [default: number of cores]' -r
complete -c rolecall -n "__fish_rolecall_using_subcommand eval" -s q -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c rolecall -n "__fish_rolecall_using_subcommand eval" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rolecall -n "__fish_rolecall_using_subcommand explain" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Everywhere'
never\t'Nowhere'"
complete -c rolecall -n "__fish_rolecall_using_subcommand explain" -l examples -d 'Also show the examples that the rule is tested with'
complete -c rolecall -n "__fish_rolecall_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rolecall -n "__fish_rolecall_using_subcommand init" -s q -l quiet -d 'Do not print the snippets for pre-commit and GitHub'
complete -c rolecall -n "__fish_rolecall_using_subcommand init" -s h -l help -d 'Print help'
complete -c rolecall -n "__fish_rolecall_using_subcommand man" -l all -d 'Write the pages of all commands into this folder instead' -r -F
complete -c rolecall -n "__fish_rolecall_using_subcommand man" -s h -l help -d 'Print help'
complete -c rolecall -n "__fish_rolecall_using_subcommand rules" -s f -l format -d 'How to write the list' -r -f -a "text\t''
json\t''
markdown\t''"
complete -c rolecall -n "__fish_rolecall_using_subcommand rules" -s h -l help -d 'Print help'
complete -c rolecall -n "__fish_rolecall_using_subcommand help; and not __fish_seen_subcommand_from check completions eval explain init man rules help" -f -a "check" -d 'Check templates, folders and CDK output'
complete -c rolecall -n "__fish_rolecall_using_subcommand help; and not __fish_seen_subcommand_from check completions eval explain init man rules help" -f -a "completions" -d 'Print the completions of a shell: put them where it looks for them'
complete -c rolecall -n "__fish_rolecall_using_subcommand help; and not __fish_seen_subcommand_from check completions eval explain init man rules help" -f -a "eval" -d 'Evaluate policies for requests, one JSON object a line; answers come in the same order'
complete -c rolecall -n "__fish_rolecall_using_subcommand help; and not __fish_seen_subcommand_from check completions eval explain init man rules help" -f -a "explain" -d 'Explain a rule: what it means, why it matters, how to fix it'
complete -c rolecall -n "__fish_rolecall_using_subcommand help; and not __fish_seen_subcommand_from check completions eval explain init man rules help" -f -a "init" -d 'Write a rolecall.toml in which every key is described, and print what starts the check elsewhere'
complete -c rolecall -n "__fish_rolecall_using_subcommand help; and not __fish_seen_subcommand_from check completions eval explain init man rules help" -f -a "man" -d 'Print a page of the manual'
complete -c rolecall -n "__fish_rolecall_using_subcommand help; and not __fish_seen_subcommand_from check completions eval explain init man rules help" -f -a "rules" -d 'List every rule'
complete -c rolecall -n "__fish_rolecall_using_subcommand help; and not __fish_seen_subcommand_from check completions eval explain init man rules help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
