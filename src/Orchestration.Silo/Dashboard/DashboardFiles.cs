using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Orchestration.Silo.Dashboard;

/// <summary>
/// The dashboard's page and modules, which stand in the assembly: at <c>/</c> the page, at <c>/app/BUILD/…</c> what it is made of, BUILD being the hash of all of it. What has the hash in its address never changes and is
/// kept by browsers; the page is asked for again, by its tag. It needs no key and holds nothing that anybody may not know: everything it shows it asks for with the caller's key.
/// </summary>
internal sealed class DashboardFiles
{
    private const string Prefix = "dashboard/";
    private const string Folder = "/app/";

    /// <summary>
    /// Nothing but what this site serves: no script, style, picture or address of anywhere else, no inline script or style, no frame around it, and no text that is made a script or markup.
    /// </summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly Lazy<DashboardFiles> Shared = new(Load);

    private readonly Dictionary<string, Asset> _assets;
    private readonly Asset _page;
    private readonly string _build;

    private DashboardFiles(Dictionary<string, Asset> assets, Asset page, string build) => (_assets, _page, _build) = (assets, page, build);

    /// <summary>Those of this assembly.</summary>
    public static DashboardFiles OfAssembly => Shared.Value;

    /// <summary>Hash of all of it, 16 hexadecimal digits.</summary>
    public string Build => _build;

    /// <summary>Serves the page and what it is made of; hands everything else on.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path.Value ?? "";
        var isPage = path == "/";
        if (!isPage && !path.StartsWith(Folder, StringComparison.Ordinal)) return next(context);
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method)) return next(context);
        if (isPage) return SendAsync(context, _page, isForEver: false);

        // During an upgrade the page may come from a silo of another build: what there is under this name is then served, and kept by nobody.
        var rest = path[Folder.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && _assets.TryGetValue(rest[(slash + 1)..], out var asset) ? SendAsync(context, asset, rest.AsSpan(0, slash).SequenceEqual(_build)) : next(context);
    }

    private static async Task SendAsync(HttpContext context, Asset asset, bool isForEver)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = isForEver ? "public, max-age=31536000, immutable" : "no-cache";
        response.Headers.Vary = "Accept-Encoding";
        response.Headers.ETag = asset.Tag;
        if (request.Headers.IfNoneMatch.ToString() == asset.Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var isGzip = request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        var bytes = isGzip ? asset.Gzip.Value : asset.Bytes;
        if (isGzip) response.Headers.ContentEncoding = "gzip";
        response.ContentType = asset.Type;
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(request.Method)) await response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static DashboardFiles Load()
    {
        var assembly = typeof(DashboardFiles).Assembly;
        var files = assembly.GetManifestResourceNames().Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => (Name: n[Prefix.Length..].Replace('\\', '/'), Bytes: Read(assembly, n))).OrderBy(static f => f.Name, StringComparer.Ordinal).ToArray();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, bytes) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(SHA256.HashData(bytes));
        }

        var build = Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
        var page = Encoding.UTF8.GetString(files.Single(static f => f.Name == "index.html").Bytes).Replace("{build}", build, StringComparison.Ordinal);
        return new DashboardFiles(
            files.Where(static f => f.Name != "index.html").ToDictionary(static f => f.Name, static f => new Asset(f.Bytes, TypeOf(f.Name)), StringComparer.Ordinal),
            new Asset(Encoding.UTF8.GetBytes(page), TypeOf("index.html")),
            build);
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };

    private sealed class Asset(byte[] bytes, string type)
    {
        public byte[] Bytes { get; } = bytes;

        public string Type { get; } = type;

        public string Tag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..24]}\"";

        public Lazy<byte[]> Gzip { get; } = new(() =>
        {
            using var target = new MemoryStream();
            using (var gzip = new GZipStream(target, CompressionLevel.Optimal)) gzip.Write(bytes);
            return target.ToArray();
        });
    }
}
