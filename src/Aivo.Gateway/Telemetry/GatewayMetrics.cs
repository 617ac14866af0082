using System.Diagnostics.Metrics;

namespace Aivo.Gateway.Telemetry;

/// <summary>What the metrics read of revocation, each when metrics are collected and never on the request path.</summary>
internal sealed record RevocationReadings(Func<bool> Fresh, Func<long> Entries, Func<long> Lag, Func<double?> SyncAgeSeconds, Func<double> ClockOffsetSeconds, Func<string> State, Func<double> LeaseLeftSeconds);

/// <summary>Every metric of the gateway. Units are UCUM; every tag takes its values from a fixed set, or from the configuration.</summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "Aivo.Gateway";

    private static readonly string[] States = ["starting", "fresh", "fenced", "stale"];

    private readonly Meter _meter;
    private readonly Counter<long> _logins;
    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _logouts;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _tokenRefusals;
    private readonly Counter<long> _policyDenials;
    private readonly Counter<long> _internalTokens;
    private readonly Counter<long> _connectRetries;
    private readonly Counter<long> _forwarded;
    private readonly Histogram<double> _acknowledgements;
    private readonly Counter<long> _securityEvents;
    private readonly Counter<long> _commitConflicts;
    private readonly Counter<long> _firstUseMarks;
    private readonly Counter<long> _servedStale;
    private readonly Counter<long> _requestsAborted;
    private readonly Counter<long> _streamsCut;
    private readonly Counter<long> _streamsRefused;
    private readonly Counter<long> _configurationReloads;

    public GatewayMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _logins = _meter.CreateCounter<long>("aivo.gateway.logins", "{login}", "Log-ins, by outcome: succeeded, or the denial's code.");
        _refreshes = _meter.CreateCounter<long>("aivo.gateway.refreshes", "{refresh}", "Refreshes, by outcome: what the rules made of the token, or why it was refused.");
        _logouts = _meter.CreateCounter<long>("aivo.gateway.logouts", "{logout}", "Log-outs, by scope (local, others, all, or session for one ended from the list; none where it was not read) and outcome: ended, already_ended, unknown_session, or the denial's code.");
        _refusals = _meter.CreateCounter<long>("aivo.gateway.refusals", "{request}", "Requests that the gateway itself refused, by the denial's code.");
        _tokenRefusals = _meter.CreateCounter<long>("aivo.gateway.token_refusals", "{token}", "Access tokens that did not hold, by reason; never shown to the client.");
        _policyDenials = _meter.CreateCounter<long>("aivo.gateway.policy_denied", "{request}", "Requests of signed-in callers that a route's policy refused, by route and kind of rule: role, scope, claim, tenant or route.");
        _internalTokens = _meter.CreateCounter<long>("aivo.gateway.internal_tokens", "{token}", "Tokens made to tell a destination who calls, by cluster; one that is still good is sent again and does not count.");
        _connectRetries = _meter.CreateCounter<long>("aivo.gateway.connect_retries", "{request}", "Requests that were sent to another destination since there was no connection to the first, by route.");
        _forwarded = _meter.CreateCounter<long>("aivo.gateway.forwarded_requests", "{request}", "Requests that were forwarded, by route and class of the answer's status.");
        _acknowledgements = _meter.CreateHistogram<double>("aivo.gateway.revocation.acknowledgements", "s", "How long a log-in or an end waited for the sync that acknowledges it, by outcome.");
        _securityEvents = _meter.CreateCounter<long>("aivo.gateway.security_events", "{event}", "What a person should look at, by event: theft, shared_token or lost_write.");
        _commitConflicts = _meter.CreateCounter<long>("aivo.gateway.session.commit_conflicts", "{conflict}", "Commits of a session that were decided again, since another request had changed it.");
        _firstUseMarks = _meter.CreateCounter<long>("aivo.gateway.first_use_marks", "{mark}", "First uses of tokens, by what became of the note in the session: written, ignored (nothing to change), dropped (too many waited) or failed.");
        _servedStale = _meter.CreateCounter<long>("aivo.gateway.revocation.served_stale", "{request}", "Requests that passed although the lease was over (Revocation:OnStale = Serve).");
        _requestsAborted = _meter.CreateCounter<long>("aivo.gateway.requests_aborted", "{request}", "Requests that were cut off from their destination and answered with 401, since their session ended before there was an answer.");
        _streamsCut = _meter.CreateCounter<long>("aivo.gateway.streams_cut", "{stream}", "Streams that this node cut, by kind (websocket, event_stream, grpc, answer) and reason: session_ended, token_revoked, token_expired, temporarily_unavailable or going_away.");
        _streamsRefused = _meter.CreateCounter<long>("aivo.gateway.streams_refused", "{stream}", "Streams that found no place, by the denial's code: rate_limited (of their session) or temporarily_unavailable (of this node).");
        _configurationReloads = _meter.CreateCounter<long>("aivo.gateway.configuration_reloads", "{reload}", "Changes of the configuration's files, by result: applied or refused.");
    }

    public void ConfigurationReload(string result) => _configurationReloads.Add(1, new KeyValuePair<string, object?>("result", result));

    public void ObserveConfiguration(Func<DateTimeOffset> lastGood, Func<bool> refused)
    {
        _meter.CreateObservableGauge("aivo.gateway.configuration.last_good", () => (double)lastGood().ToUnixTimeSeconds(), "s", "When the configuration in use was taken, in seconds since 1970.");
        _meter.CreateObservableGauge("aivo.gateway.configuration.refused", () => refused() ? 1 : 0, "{state}", "1 while the configuration's files are not in use, since the last change of them was refused.");
    }

    public void RequestAborted() => _requestsAborted.Add(1);

    public void StreamCut(string kind, string reason) =>
        _streamsCut.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("reason", reason));

    public void StreamRefused(string code) => _streamsRefused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void ObserveStreams(Func<IEnumerable<(string Kind, int Count)>> open) => _meter.CreateObservableGauge(
        "aivo.gateway.streams", () => open().Select(kind => new Measurement<int>(kind.Count, new KeyValuePair<string, object?>("kind", kind.Kind))), "{stream}", "Streams that are open, by kind.");

    /// <summary>A request that passed although the lease was over.</summary>
    public void ServedStale() => _servedStale.Add(1);

    public void Login(string outcome) => _logins.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Refresh(string outcome) => _refreshes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Logout(string scope, string outcome) =>
        _logouts.Add(1, new KeyValuePair<string, object?>("scope", scope), new KeyValuePair<string, object?>("outcome", outcome));

    public void Refusal(string code) => _refusals.Add(1, new KeyValuePair<string, object?>("code", code));

    public void TokenRefusal(string reason) => _tokenRefusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <param name="rule">The kind of the rule.</param>
    public void PolicyDenied(string route, string rule) =>
        _policyDenials.Add(1, new KeyValuePair<string, object?>("route", route), new KeyValuePair<string, object?>("rule", rule));

    public void ConnectRetried(string route) => _connectRetries.Add(1, new KeyValuePair<string, object?>("route", route));

    public void InternalToken(string cluster) => _internalTokens.Add(1, new KeyValuePair<string, object?>("cluster", cluster));

    public void Acknowledgement(bool acknowledged, TimeSpan waited) =>
        _acknowledgements.Record(waited.TotalSeconds, new KeyValuePair<string, object?>("outcome", acknowledged ? "acknowledged" : "missed"));

    /// <param name="name">The event's: theft, shared_token or lost_write.</param>
    public void SecurityEvent(string name) => _securityEvents.Add(1, new KeyValuePair<string, object?>("event", name));

    public void CommitConflict() => _commitConflicts.Add(1);

    public void Forwarded(string route, int status)
    {
        if (_forwarded.Enabled)
        {
            _forwarded.Add(1, new KeyValuePair<string, object?>("route", route), new KeyValuePair<string, object?>("status", StatusClass(status)));
        }
    }

    public void FirstUseMarks(string outcome, int count) => _firstUseMarks.Add(count, new KeyValuePair<string, object?>("outcome", outcome));

    public void ObserveRevocation(RevocationReadings readings)
    {
        _meter.CreateObservableGauge("aivo.gateway.revocation.fresh", () => readings.Fresh() ? 1 : 0, "{state}", "1 while this node may forward, 0 while it answers 503 for want of a recent fetch.");
        _meter.CreateObservableGauge("aivo.gateway.revocation.state", () => States.Select(state => new Measurement<int>(state == readings.State() ? 1 : 0, new KeyValuePair<string, object?>("state", state))), "{state}", "1 for the state this node is in: starting, fresh, fenced (a log is being recovered) or stale.");
        _meter.CreateObservableGauge("aivo.gateway.revocation.lease_left", readings.LeaseLeftSeconds, "s", "What is left of the lease; 0 when it is over.");
        _meter.CreateObservableGauge("aivo.gateway.revocation.entries", readings.Entries, "{entry}", "Revocations that this node holds.");
        _meter.CreateObservableGauge("aivo.gateway.revocation.lag", readings.Lag, "{entry}", "By how many revocations this node was behind after its last fetch.");
        _meter.CreateObservableGauge("aivo.gateway.revocation.clock_offset", readings.ClockOffsetSeconds, "s", "The store's clock minus this node's, as of the last fetch.");
        _meter.CreateObservableGauge("aivo.gateway.revocation.sync_age", () => readings.SyncAgeSeconds() is { } age ? [new Measurement<double>(age)] : Array.Empty<Measurement<double>>(), "s", "Time since the last complete fetch of revocations was sent.");
    }

    public void ObserveTokenCache(Func<int> entries) =>
        _meter.CreateObservableGauge("aivo.gateway.token_cache.entries", () => (long)entries(), "{token}", "Validated access tokens that this node remembers.");

    public void ObserveFirstUseMarks(Func<int> waiting) =>
        _meter.CreateObservableGauge("aivo.gateway.first_use_marks.waiting", () => (long)waiting(), "{mark}", "First uses of tokens that wait to be noted in their sessions.");

    private static string StatusClass(int status) => (status / 100) switch
    {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
}
