using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>A certificate authority of one test, and certificates for servers, as PEM files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=Test authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(10));
        CaFile = _directory.File("ca.pem");
        File.WriteAllText(CaFile, _certificate.ExportCertificatePem());
    }

    public string CaFile { get; }

    /// <summary>Starts a server that speaks TLS alone, with a certificate of this authority for the host name.</summary>
    public async Task<LocalRedis> StartRedisAsync(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.Create(_certificate, now.AddHours(-1), now.AddDays(1), [1, 2, 3, 4]);
        await File.WriteAllTextAsync(_directory.File("server.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(_directory.File("server.key"), key.ExportPkcs8PrivateKeyPem());
        return await LocalRedis.StartWithAsync(
            "--port", "0", "--tls-port", "{port}", "--tls-auth-clients", "no", "--tls-ca-cert-file", CaFile,
            "--tls-cert-file", _directory.File("server.pem"), "--tls-key-file", _directory.File("server.key"));
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
        _directory.Dispose();
    }
}
