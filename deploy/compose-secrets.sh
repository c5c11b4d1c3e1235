#!/bin/sh
# Makes the secrets of docker-compose.yml once: `sh deploy/compose-secrets.sh [FOLDER]`. What is there stays.
# The folder is its owner's alone; the files in it can be read by the account that a container runs under, which is another one.
set -eu

folder=${1:-.comity/compose}
mkdir -p "$folder"
chmod 0700 "$folder"

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

for name in postgres_password operator_password registry_client_secret agreements_client_secret briefings_client_secret; do
    if [ ! -s "$folder/$name" ]; then
        random >"$folder/.$name.new"
        chmod 0444 "$folder/.$name.new"
        mv "$folder/.$name.new" "$folder/$name"
        echo "made $folder/$name"
    fi
done

# For the commands that call the platform from here: COMITY_DATA=FOLDER comity seed
if [ ! -e "$folder/credentials.json" ]; then
    (umask 077 && printf '{"operator@comity.example": "%s"}\n' "$(cat "$folder/operator_password")" >"$folder/credentials.json")
    echo "made $folder/credentials.json"
fi
