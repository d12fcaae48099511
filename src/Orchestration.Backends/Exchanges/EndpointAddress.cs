namespace Orchestration.Backends.Exchanges;

/// <summary>Addresses made from a configured endpoint.</summary>
internal static class EndpointAddress
{
    /// <summary>The endpoint with a path appended; a trailing slash is tolerated, and queries of both stay at the end.</summary>
    public static Uri Append(Uri endpoint, string path)
    {
        var query = endpoint.Query.Length > 0 && path.Contains('?', StringComparison.Ordinal) ? "&" + endpoint.Query[1..] : endpoint.Query;
        return new(endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/') + path + query);
    }

    /// <summary>The endpoint as messages show it: without user information and query.</summary>
    public static string Show(Uri endpoint) => $"{endpoint.Scheme}://{endpoint.Authority}{endpoint.AbsolutePath.TrimEnd('/')}";
}
