using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>Mutual TLS to a destination whose authority is the operator's own.</summary>
public sealed class DestinationTlsTests : IAsyncLifetime
{
    private const string Metadata = "ReverseProxy:Clusters:up:Metadata";

    private readonly TemporaryDirectory _folder = new();
    private readonly int _port = FreePort.Next();
    private readonly X509Certificate2 _authority = CreateAuthority();
    private readonly List<string> _seen = [];
    private RecordingDestination _destination = null!;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(FileOf("ca.pem"), _authority.ExportCertificatePem());
        File.WriteAllText(FileOf("other-ca.pem"), CreateAuthority().ExportCertificatePem());
        Issue("gateway", "gateway-1");
        X509Certificate2 server = IssueServer();
        _destination = await RecordingDestination.StartAsync(
            context =>
            {
                context.Response.Headers.Connection = "close";
                return Task.CompletedTask;
            },
            configure: builder => builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, _port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = server,
                    ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                    ClientCertificateValidation = (certificate, _, _) =>
                    {
                        lock (_seen)
                        {
                            _seen.Add(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
                        }

                        return certificate.IssuerName.RawData.SequenceEqual(_authority.SubjectName.RawData);
                    },
                });
            })));
    }

    public async ValueTask DisposeAsync()
    {
        await _destination.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task GatewayShowsItsCertificate_AndTakesTheRenewedOneForNewConnections()
    {
        await using TestGateway gateway = await StartAsync(("ClientCertificate", FileOf("gateway.pem")), ("ClientCertificateKey", FileOf("gateway.key")), ("CertificateAuthority", FileOf("ca.pem")));
        Assert.Equal(200, (await RawHttp.GetAsync(gateway.Port, "/open/a")).Status);
        Assert.Equal("/open/a", _destination.Take()!.Target);
        Assert.Equal(["gateway-1"], _seen);

        Issue("gateway", "gateway-2");
        File.SetLastWriteTimeUtc(FileOf("gateway.pem"), File.GetLastWriteTimeUtc(FileOf("gateway.pem")).AddSeconds(5));
        Assert.Equal(200, (await RawHttp.GetAsync(gateway.Port, "/open/a")).Status);
        Assert.Equal(["gateway-1", "gateway-2"], _seen);
    }

    [Fact]
    public async Task WithoutCertificateOrWithAnotherAuthority_NothingIsSent()
    {
        await using TestGateway nameless = await StartAsync(("CertificateAuthority", FileOf("ca.pem")));
        Assert.Equal(502, (await RawHttp.GetAsync(nameless.Port, "/open/a")).Status);
        await using TestGateway distrustful = await StartAsync(("ClientCertificate", FileOf("gateway.pem")), ("ClientCertificateKey", FileOf("gateway.key")), ("CertificateAuthority", FileOf("other-ca.pem")));
        Assert.Equal(502, (await RawHttp.GetAsync(distrustful.Port, "/open/a")).Status);
        await using TestGateway plain = await StartAsync();
        Assert.Equal(502, (await RawHttp.GetAsync(plain.Port, "/open/a")).Status);
        Assert.Null(_destination.Take());
    }

    private static X509Certificate2 CreateAuthority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=authority {Guid.CreateVersion7()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
    }

    private Task<TestGateway> StartAsync(params (string Name, string Value)[] metadata)
    {
        var gateway = new TestGateway { Settings = { ["ReverseProxy:Clusters:up:Destinations:one:Address"] = $"https://localhost:{_port}/" } };
        foreach ((string name, string value) in metadata)
        {
            gateway.Settings[$"{Metadata}:{name}"] = value;
        }

        return TestGateway.StartAsync(_destination, gateway);
    }

    private string FileOf(string name) => Path.Combine(_folder.Path, name);

    private void Issue(string file, string name)
    {
        (X509Certificate2 certificate, ECDsa key) = Sign(name, static _ => { });
        File.WriteAllText(FileOf($"{file}.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(FileOf($"{file}.pem"), certificate.ExportCertificatePem());
        key.Dispose();
    }

    private X509Certificate2 IssueServer()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        (X509Certificate2 certificate, ECDsa key) = Sign("localhost", request => request.CertificateExtensions.Add(names.Build()));
        using (key)
        {
            return certificate.CopyWithPrivateKey(key);
        }
    }

    private (X509Certificate2 Certificate, ECDsa Key) Sign(string name, Action<CertificateRequest> extend)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        extend(request);
        return (request.Create(_authority, TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(20), RandomNumberGenerator.GetBytes(8)), key);
    }
}
