#!/usr/bin/env bash
# What an image must do before it is worth deploying, with the restrictions it is deployed under:
#   deploy/check-image.sh ENGINE IMAGE        ENGINE is docker or podman
set -euo pipefail
engine=${1:?docker or podman} image=${2:?the image to check}

fail() { echo "check-image: $*" >&2; exit 1; }

restricted() {
  "$engine" run --rm --read-only --network none --cap-drop all --security-opt no-new-privileges "$@"
}

user=$("$engine" image inspect --format '{{.Config.User}}' "$image")
[[ $user =~ ^[1-9][0-9]*$ ]] || fail "the user is '$user'; runAsNonRoot needs a number other than 0"

version=$(restricted "$image" --version)
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+ ]] || fail "--version printed '$version'"

# Without configuration the program must refuse to start, at once and with every error, not with the first.
status=0
output=$(restricted "$image" 2>&1) || status=$?
[[ $status == 1 ]] || fail "started without configuration: exit code $status, expected 1"$'\n'"$output"
for setting in Gateway:Store Tokens:Issuer Tokens:Audience Tokens:SigningKeys Tokens:RefreshKeys Users:Provider AllowedHosts; do
  [[ $output == *"$setting"* ]] || fail "the refusal does not name $setting:"$'\n'"$output"
done

status=0
output=$(restricted "$image" config check 2>&1) || status=$?
[[ $status == 1 ]] || fail "config check without configuration: exit code $status, expected 1"
[[ $output == *Tokens:SigningKeys* && $output == *Users:Provider* ]] || fail "config check does not list every error:"$'\n'"$output"

echo "check-image: $image, version $version, user $user: as it should be"
