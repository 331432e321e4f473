# Completion of personr(1) for bash.

_personr() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local account='--email --store --base-url --ca-file --login-method --proxy --timeout --log --help'
    local login="$account --password-file --password-fd"
    local text='-n --no-newline'
    local value='-o --output --save-base64'
    local options

    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W 'token authorization reject status request json --help --version' -- "$current")
        return
    fi
    case $previous in
    --login-method)
        mapfile -t COMPREPLY < <(compgen -W 'basic form' -- "$current")
        return
        ;;
    --encoding)
        mapfile -t COMPREPLY < <(compgen -W 'object base64 binary' -- "$current")
        return
        ;;
    --log)
        mapfile -t COMPREPLY < <(compgen -W 'error warn info debug' -- "$current")
        return
        ;;
    --password-file | --ca-file | --save-base64 | -i | --input | -o | --output)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --email | --password-fd | --store | --base-url | --proxy | --timeout | -F | --form | --form-string | --form-json | \
        --file-name | -d | --data | --content-type | -p | --pointer)
        return
        ;;
    esac
    case $command in
    token | authorization) options="$login $text --login" ;;
    reject) options=$login ;;
    status) options=$account ;;
    request)
        options="$login $text $value -F --form --form-string --form-json --encoding --file-name --json -d --data"
        options="$options --content-type --repeatable --fail-with-body -p --pointer"
        if [ "$COMP_CWORD" = 2 ]; then
            options="$options api-applicant-create api-applicant-details api-applicant-status
                api-request-applicant-check api-document-upload api-document-download api-verificationlink-create
                api-entity-create api-entity-status api-entity-document-upload api-entity-document-upload-encoded
                api-entity-verificationlink-create api-entity-database-verification api-database-verification
                api-aml-results api-add-ubo api-change-workspace"
        fi
        ;;
    json) options="$text $value -i --input --count --type --help" ;;
    *) return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}

complete -F _personr personr
