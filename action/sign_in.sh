# Signs in to a role by GitHub's OpenID Connect, for the command line's own chain of credentials: a token in a file that
# nobody else may read (GitHub Docs, "OpenID Connect reference"; AWS SDKs and Tools Reference Guide, "Assume role with
# web identity"). `configure-aws-credentials` would hand the role to every step that follows, and only for its hour.

# The token lives for some minutes, and the role's session for an hour: a longer watch signs in again, with a fresh one.
RENEWED_AFTER_S=${RENEWED_AFTER_S:-240}

# Writes a fresh token; fails, and keeps the former one, where there is none.
fresh_token() {
  local answer value
  # Over standard input, because the arguments of a process can be read by others.
  answer=$(printf 'header = "Authorization: bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
    | curl --config - --fail --retry 3 --silent --show-error --max-time 30 "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com") || return 1
  value=$(query -er .value <<< "$answer") || return 1
  (umask 077 && printf '%s' "$value" > "$AWS_WEB_IDENTITY_TOKEN_FILE.new")
  mv "$AWS_WEB_IDENTITY_TOKEN_FILE.new" "$AWS_WEB_IDENTITY_TOKEN_FILE"
}

# Stops where GitHub gives the job no token.
may_sign_in() {
  if [ -z "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || [ -z "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-}" ]; then
    stop 6 "this job may not sign in" "GitHub gives it no token. Give the job \`permissions: {id-token: write, contents: read}\`; a pull request from a fork never gets one."
  fi
}

# sign_in ROLE FILE: `renewal` is then what renews the token in the file, to be ended by whoever signs in.
sign_in() {
  may_sign_in
  # Credentials in the environment would go before the role.
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE
  export AWS_ROLE_ARN="$1" AWS_ROLE_SESSION_NAME="run-$GITHUB_RUN_ID" AWS_WEB_IDENTITY_TOKEN_FILE="$2"
  fresh_token || stop 6 "this job could not sign in" "GitHub's token service gave no token. Run the job again."
  echo "::add-mask::$(cat "$AWS_WEB_IDENTITY_TOKEN_FILE")"
  echo "signs in to $1 as $(subject)"
  (
    while sleep "$RENEWED_AFTER_S"; do
      fresh_token || echo "GitHub's token service gave no new token; the one of before is kept."
    done
  ) &
  # shellcheck disable=SC2034  # Whoever signs in ends it.
  renewal=$!
}

# Prints the subject of the token, which the trust policy of a role compares.
subject() {
  query -Rr 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | . + "=" * ((4 - length % 4) % 4) | @base64d | fromjson | .sub' < "$AWS_WEB_IDENTITY_TOKEN_FILE"
}
