# Makes the version of a release of the Git ref that it is built of. `windlass init` copies the function into workflows.

# version_of REF RUN: the version, for a run such as `12.1`. Git allows nearly all characters in a ref, and names of 250
# of them; a version has at most 64 letters, digits and `._+-`, and begins with a letter or digit.
version_of() (
  LC_ALL=C
  name="${1#refs/heads/}"
  case "$1" in
    # A pull request is planned under a version that no release has.
    refs/pull/*) name="${1#refs/pull/}" && name="pr-${name%%/*}" ;;
    refs/tags/*)
      name="${1#refs/tags/}"
      # A tag of a monorepo has something before the version, such as `shop-v1.4.0`.
      if [[ $name =~ (^|[^0-9.])([0-9]+\.[0-9]+\.[0-9]+([-+].*)?)$ ]]; then name="${BASH_REMATCH[2]}"; fi
      name="${name#v}"
      if [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$ ]]; then printf '%s\n' "$name" && exit; fi
      ;;
  esac
  # Two refs may differ only in what is left out, and another run may build other bytes, so the run's number stays.
  name="${name//[^A-Za-z0-9._+-]/-}"
  name="${name#"${name%%[A-Za-z0-9]*}"}"
  name="${name:-ref}"
  printf '%s-%s\n' "${name:0:$((63 - ${#2}))}" "$2"
)
