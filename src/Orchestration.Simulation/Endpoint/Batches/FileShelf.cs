using System.Globalization;
using System.Text.Json;

namespace Orchestration.Simulation.Endpoint.Batches;

/// <summary>A file at the endpoint.</summary>
internal sealed record StoredFile(string Id, string Name, string Purpose, byte[] Content, long CreatedAt)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, Id);
        json.WriteString("object"u8, "file"u8);
        json.WriteNumber("bytes"u8, Content.Length);
        json.WriteNumber("created_at"u8, CreatedAt);
        json.WriteString("filename"u8, Name);
        json.WriteString("purpose"u8, Purpose);
        json.WriteString("status"u8, "processed"u8);
        json.WriteEndObject();
    }
}

/// <summary>The files at the endpoint, oldest first. Safe for concurrent use.</summary>
internal sealed class FileShelf(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<StoredFile> _files = [];
    private int _made;

    public StoredFile Add(string name, string purpose, byte[] content)
    {
        lock (_lock)
        {
            var file = new StoredFile("file-" + (++_made).ToString("x6", CultureInfo.InvariantCulture), name, purpose, content, time.GetUtcNow().ToUnixTimeSeconds());
            _files.Add(file);
            return file;
        }
    }

    public StoredFile? Find(string id)
    {
        lock (_lock) return _files.Find(file => string.Equals(file.Id, id, StringComparison.Ordinal));
    }

    public bool Remove(string id)
    {
        lock (_lock) return _files.RemoveAll(file => string.Equals(file.Id, id, StringComparison.Ordinal)) > 0;
    }

    public List<StoredFile> All()
    {
        lock (_lock) return [.. _files];
    }
}
