namespace Aivo.Gateway.Tests.Configuration;

/// <summary>What a cluster's metadata can say wrongly of certificates.</summary>
internal static class BadClusters
{
    private const string Metadata = "ReverseProxy:Clusters:orders:Metadata";

    private static readonly (string Key, string? Value) Encrypted = ("ReverseProxy:Clusters:orders:Destinations:one:Address", "https://orders:8443/");

    public static readonly BadConfiguration[] All =
    [
        new("a client certificate without its key", $"{Metadata}:ClientCertificateKey", "other half", ($"{Metadata}:ClientCertificate", "/nowhere/a.pem"), Encrypted),
        new("a key without a client certificate", $"{Metadata}:ClientCertificate", "other half", ($"{Metadata}:ClientCertificateKey", "/nowhere/a.key"), Encrypted),
        new("a client certificate that is not there", $"{Metadata}:ClientCertificate", "cannot be read", ($"{Metadata}:ClientCertificate", "/nowhere/a.pem"), ($"{Metadata}:ClientCertificateKey", "/nowhere/a.key"), Encrypted),
        new("an authority that is not there", $"{Metadata}:CertificateAuthority", "cannot be read", ($"{Metadata}:CertificateAuthority", "/nowhere/ca.pem"), Encrypted),
        new("a client certificate where nothing is encrypted", $"{Metadata}:CertificateAuthority", "not encrypted", ($"{Metadata}:CertificateAuthority", "/nowhere/ca.pem")),
        new("an authority that is no certificate", $"{Metadata}:CertificateAuthority", "no certificate in PEM form", ($"{Metadata}:CertificateAuthority", "{dir}/file.txt"), Encrypted),
    ];
}
