using System.Net;
using Microsoft.AspNetCore.Http;

namespace Orchestration.Silo.Access;

/// <summary>Requests to what serves without keys: that the caller is on this machine is all that is known of it.</summary>
public static class LocalRequests
{
    /// <summary>
    /// True where a page of another site, or a name that points here only for the moment, may be behind a request: it names this machine neither as <c>localhost</c> nor by a loopback address, or a page
    /// from elsewhere makes it.
    /// </summary>
    /// <param name="request">The request.</param>
    public static bool IsFromElsewhere(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var host = request.Host.Host;
        var isLocal = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
        if (!isLocal) return true;
        return request.Headers.Origin is { Count: > 0 } origin
            && !(Uri.TryCreate(origin[0], UriKind.Absolute, out var site) && site.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
