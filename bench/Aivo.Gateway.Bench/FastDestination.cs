namespace Aivo.Gateway.Bench;

/// <summary>A destination that costs as little as possible, so that the proxy in front is what is measured.</summary>
internal static class FastDestination
{
    private static readonly byte[] Body = """{"status":"ok","items":[1,2,3,4,5,6,7,8],"message":"a small answer, as services give them"}"""u8.ToArray();

    public static async Task RunAsync(int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        await using WebApplication app = builder.Build();
        app.Run(context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Body.Length;
            return context.Response.Body.WriteAsync(Body).AsTask();
        });
        await app.RunAsync();
    }
}
