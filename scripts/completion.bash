
# Bash cuts words at `=`, and so `--set prune.criterion=` in two: joined again, values are found.
_espalier_joined() {
    local -a words=()
    local -i index current=0
    local rest=$COMP_LINE before after typed head=
    for index in "${!COMP_WORDS[@]}"; do
        after=${rest#"${rest%%[![:space:]]*}"}
        before=
        if ((${#words[@]} > 0)) && [[ $after == "$rest" && -n $rest ]]; then
            before=${words[-1]}
            unset 'words[-1]'
        fi
        words+=("$before${COMP_WORDS[index]}")
        rest=${after#"${COMP_WORDS[index]}"}
        ((index != COMP_CWORD)) || { current=$((${#words[@]} - 1)) head=$before; }
    done
    typed=$2
    # At the sign itself nothing of a word is typed yet.
    [[ ${COMP_WORDS[COMP_CWORD]} != '=' ]] || head+='='

    local -a COMP_WORDS=("${words[@]}")
    local -i COMP_CWORD=$current
    _espalier "$1" "$head$typed" "${words[current - 1]}"
    [[ ${words[current - 1]} != --set ]] || compopt +o filenames
    [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace
    COMPREPLY=("${COMPREPLY[@]#"$head"}")
}
complete -o filenames -F _espalier_joined espalier
