using System.Text;
using Aivo.Gateway.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Aivo.Gateway.Hosting;

/// <summary>
/// Adds the management port and the cleartext HTTP/2 port to what the user configured by <c>ASPNETCORE_URLS</c> or
/// <c>Kestrel:Endpoints</c>. No <c>Listen*</c> call: that would make Kestrel ignore both.
/// </summary>
internal static class Listeners
{
    private const string DevelopmentUrl = "http://localhost:8080";
    private const string ContainerUrl = "http://*:8080";

    public static void Configure(WebApplicationBuilder builder, GatewayOptions options)
    {
        string management = $"http://{options.ManagementAddress}:{options.ManagementPort}";
        string? http2 = options.Http2Port == 0 ? null : $"http://{(builder.Environment.IsDevelopment() ? "localhost" : "*")}:{options.Http2Port}";
        if (builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            var endpoints = new Dictionary<string, string?> { ["Kestrel:Endpoints:Management:Url"] = management };
            if (http2 is not null)
            {
                endpoints["Kestrel:Endpoints:CleartextHttp2:Url"] = http2;
            }

            builder.Configuration.AddInMemoryCollection(endpoints);
        }
        else
        {
            string urls = builder.Configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } configured ? configured
                : builder.Configuration["HTTP_PORTS"] is { Length: > 0 } ports ? string.Join(';', ports.Split(';').Select(port => $"http://*:{port}"))
                : builder.Environment.IsDevelopment() ? DevelopmentUrl : ContainerUrl;
            builder.WebHost.UseUrls([.. urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), management, .. http2 is null ? Array.Empty<string>() : [http2]]);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Bodies pass through unbuffered; a route bounds them by MaxRequestBodySize, /auth/v1 reads 64 KiB at most.
            kestrel.Limits.MaxRequestBodySize = null;
            // A destination's header bytes go back as they came; the default refuses all but ASCII with a 500.
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                if (options.Http2Port != 0 && endpoint.IPEndPoint?.Port == options.Http2Port)
                {
                    endpoint.Protocols = HttpProtocols.Http2;
                }
                else if (endpoint.IPEndPoint?.Port == options.ManagementPort)
                {
                    endpoint.Protocols = HttpProtocols.Http1;
                }
            });
        });
    }
}
