using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Access;

namespace Orchestration.Cli.Keys;

/// <summary>Keys as words and as JSON.</summary>
internal static class KeyLines
{
    /// <summary><c>active</c>, <c>revoked</c> or <c>expired</c>.</summary>
    public static string State(AccessKey key, DateTimeOffset now) => key.RevokedAt is not null ? "revoked" : key.CountsAt(now) ? "active" : "expired";

    /// <summary>Roles and limits in a line.</summary>
    public static string Words(AccessKey key)
    {
        List<string> words = [AccessRoleNames.Write(key.Roles)];
        if (key.Limits.RequestsPerMinute is { } minute) words.Add(string.Create(CultureInfo.InvariantCulture, $"{minute} requests a minute"));
        if (key.Limits.Concurrent is { } concurrent) words.Add(string.Create(CultureInfo.InvariantCulture, $"{concurrent} at once"));
        if (key.Limits.UsdPerDay is { } usd) words.Add(string.Create(CultureInfo.InvariantCulture, $"${usd} a day"));
        if (key.Limits.Models.Count > 0) words.Add($"models {string.Join(',', key.Limits.Models)}");
        if (key.ExpiresAt is { } end) words.Add(string.Create(CultureInfo.InvariantCulture, $"until {end:yyyy-MM-dd HH:mm} UTC"));
        return string.Join("; ", words);
    }

    /// <summary>A JSON object.</summary>
    /// <param name="key">The key as it is kept.</param>
    /// <param name="now">Tells its state.</param>
    /// <param name="text">The key itself, when it has just been made; null to leave it out.</param>
    public static string Line(AccessKey key, DateTimeOffset now, string? text = null)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("id", key.Id);
            if (text is not null) writer.WriteString("key", text);
            writer.WriteString("name", key.Name);
            writer.WriteString("state", State(key, now));
            Array(writer, "roles", AccessRoleNames.List(key.Roles));
            if (key.Limits.RequestsPerMinute is { } minute) writer.WriteNumber("requests_per_minute", minute);
            if (key.Limits.Concurrent is { } concurrent) writer.WriteNumber("concurrent", concurrent);
            if (key.Limits.UsdPerDay is { } usd) writer.WriteNumber("usd_per_day", usd);
            if (key.Limits.Models.Count > 0) Array(writer, "models", key.Limits.Models);
            writer.WriteString("created_at", key.CreatedAt);
            if (key.ExpiresAt is { } expires) writer.WriteString("expires_at", expires);
            if (key.RevokedAt is { } revoked) writer.WriteString("revoked_at", revoked);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Array(Utf8JsonWriter writer, string name, IReadOnlyList<string> words)
    {
        writer.WriteStartArray(name);
        foreach (var word in words) writer.WriteStringValue(word);
        writer.WriteEndArray();
    }
}
