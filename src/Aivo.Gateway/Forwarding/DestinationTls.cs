using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aivo.Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// TLS towards the destinations of a cluster: with which certificate the gateway shows who it is, and which authority vouches for theirs.
/// The proxy's configuration has neither, so a cluster's metadata says it.
/// </summary>
internal sealed class DestinationTls
{
    private const string CertificateKey = "ClientCertificate";
    private const string PrivateKeyKey = "ClientCertificateKey";
    private const string AuthorityKey = "CertificateAuthority";

    private readonly string? _certificateFile;
    private readonly string? _keyFile;
    private readonly X509Certificate2Collection _authorities = [];
    private readonly Lock _lock = new();
    private (DateTime Written, X509Certificate2 Certificate)? _loaded;

    private DestinationTls(IReadOnlyDictionary<string, string> metadata)
    {
        (_certificateFile, _keyFile) = (Value(metadata, CertificateKey), Value(metadata, PrivateKeyKey));
        if (Value(metadata, AuthorityKey) is { } file)
        {
            _authorities.ImportFromPemFile(file);
        }
    }

    /// <summary>Everything that is wrong with what the cluster's metadata says of certificates.</summary>
    public static IEnumerable<SettingError> Problems(ClusterConfig cluster, TimeProvider time)
    {
        string key = $"{ForwardingSetup.Section}:Clusters:{cluster.ClusterId}:Metadata";
        IReadOnlyDictionary<string, string> metadata = cluster.Metadata ?? new Dictionary<string, string>();
        string? certificate = Value(metadata, CertificateKey), privateKey = Value(metadata, PrivateKeyKey), authority = Value(metadata, AuthorityKey);
        if ((certificate is not null || authority is not null)
            && (cluster.Destinations ?? new Dictionary<string, DestinationConfig>()).Values.FirstOrDefault(one => !one.Address.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) is { } plain)
        {
            yield return new SettingError($"{key}:{(certificate is null ? AuthorityKey : CertificateKey)}", certificate ?? authority,
                $"has no effect on {plain.Address}, to which the connection is not encrypted.", "Write https addresses, or remove it.");
            yield break;
        }

        if ((certificate is null) != (privateKey is null))
        {
            string missing = certificate is null ? CertificateKey : PrivateKeyKey;
            yield return new SettingError($"{key}:{missing}", null, "is not set, and the other half of the pair is.", "Name both files, PEM each, or neither.");
        }
        else if (certificate is not null && CertificateProblem(certificate, privateKey!, time) is { } problem)
        {
            yield return new SettingError($"{key}:{CertificateKey}", certificate, problem, $"Name a PEM file with a certificate that holds, and its private key in {PrivateKeyKey}.");
        }

        if (authority is not null && AuthorityProblem(authority) is { } wrong)
        {
            yield return new SettingError($"{key}:{AuthorityKey}", authority, wrong, "Name a PEM file with the certificates of the authorities that sign the destinations' certificates.");
        }
    }

    /// <summary>Sets up the client of a cluster whose metadata has passed <see cref="Problems"/>.</summary>
    public static void Apply(IReadOnlyDictionary<string, string>? metadata, SocketsHttpHandler handler)
    {
        if (metadata is null || (Value(metadata, CertificateKey) ?? Value(metadata, AuthorityKey)) is null)
        {
            return;
        }

        var tls = new DestinationTls(metadata);
        if (tls._certificateFile is not null)
        {
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => tls.Certificate();
        }

        if (tls._authorities.Count > 0)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(tls._authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }
    }

    /// <summary>Asked for each new connection: files that were renewed count from the next one on, and half-written ones do not.</summary>
    private X509Certificate2 Certificate()
    {
        lock (_lock)
        {
            try
            {
                DateTime written = File.GetLastWriteTimeUtc(_certificateFile!);
                if (_loaded is not { } loaded || loaded.Written != written)
                {
                    _loaded = (written, X509Certificate2.CreateFromPemFile(_certificateFile!, _keyFile!));
                }
            }
            catch (Exception exception) when (_loaded is not null && exception is CryptographicException or IOException or UnauthorizedAccessException)
            {
                // The one before goes on; that it runs out is the destination's to refuse.
            }

            return _loaded!.Value.Certificate;
        }
    }

    private static string? CertificateProblem(string certificate, string privateKey, TimeProvider time)
    {
        try
        {
            using X509Certificate2 pair = X509Certificate2.CreateFromPemFile(certificate, privateKey);
            return time.GetUtcNow() > pair.NotAfter.ToUniversalTime() ? $"ran out on {pair.NotAfter.ToUniversalTime():u}." : null;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "cannot be read together with its key.";
        }
    }

    private static string? AuthorityProblem(string file)
    {
        try
        {
            X509Certificate2Collection found = [];
            found.ImportFromPemFile(file);
            return found.Count == 0 ? "has no certificate in PEM form." : null;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "cannot be read.";
        }
    }

    private static string? Value(IReadOnlyDictionary<string, string> metadata, string name) =>
        metadata.FirstOrDefault(entry => entry.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value is { Length: > 0 } text ? text : null;
}
