FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
ENV CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Packages first: this layer is made again only when the lock file or the project changes.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt ./
COPY src/Aivo.Gateway/Aivo.Gateway.csproj src/Aivo.Gateway/packages.lock.json src/Aivo.Gateway/
RUN dotnet restore src/Aivo.Gateway --locked-mode

COPY .editorconfig appsettings.json ./
COPY src/ src/
# No runtime identifier: it would add the runtime to the lock file. The native libraries of the other systems are dropped instead.
RUN dotnet publish src/Aivo.Gateway -c Release --no-restore -p:UseAppHost=false -p:SatelliteResourceLanguages=en -o /app \
 && find /app/runtimes -mindepth 1 -maxdepth 1 ! -name 'linux*' ! -name 'unix' -exec rm -rf {} + \
 && find /app -name '*.pdb' -delete \
 && mkdir /data

# Chiseled: no shell, no package manager, no ICU (the program runs in invariant globalization).
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app ./
# The one place the program writes to, besides /tmp: mount a volume over it to keep users.
COPY --from=build --chown=$APP_UID:$APP_UID /data /var/lib/aivo-gateway

# Public traffic by ASPNETCORE_URLS; the base image's own variable would only be overridden with a warning.
# Without diagnostics nothing is written to /tmp, so the root file system can be read-only.
ENV ASPNETCORE_HTTP_PORTS= \
    ASPNETCORE_URLS=http://+:8080 \
    DOTNET_EnableDiagnostics=0 \
    Gateway__DataDirectory=/var/lib/aivo-gateway
USER $APP_UID
EXPOSE 8080 9090
ENTRYPOINT ["dotnet", "/app/Aivo.Gateway.dll"]
