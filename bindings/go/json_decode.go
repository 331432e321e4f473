package personr

import "encoding/json"

// Decode stores the value at the pointer in what v points to, by the rules of encoding/json. The document may be one that
// encoding/json itself would refuse: see [JSON]. For a value that is missing it returns an error that is [ErrNoValue].
func (j JSON) Decode(pointer string, v any) error {
	text, err := j.Get(pointer).MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// MarshalJSON returns the value as valid JSON. It implements [json.Marshaler].
func (j JSON) MarshalJSON() ([]byte, error) {
	if raw, err := j.Raw(""); err == nil && j.Type("") != TypeString && json.Valid(raw) {
		return raw, nil
	}
	return j.appendTo(nil)
}

// appendTo writes the value anew, from what the library has understood of it.
func (j JSON) appendTo(text []byte) ([]byte, error) {
	var err error
	switch j.Type("") {
	case TypeNull:
		return append(text, "null"...), nil
	case TypeString:
		quoted, err := json.Marshal(j.Text(""))
		return append(text, quoted...), err
	case TypeArray:
		text = append(text, '[')
		for i, element := range j.Elements("") {
			if i > 0 {
				text = append(text, ',')
			}
			if text, err = element.appendTo(text); err != nil {
				return nil, err
			}
		}
		return append(text, ']'), nil
	case TypeObject:
		text = append(text, '{')
		separated := false
		for name, value := range j.Members("") {
			if separated {
				text = append(text, ',')
			}
			separated = true
			quoted, _ := json.Marshal(name)
			text = append(append(text, quoted...), ':')
			if text, err = value.appendTo(text); err != nil {
				return nil, err
			}
		}
		return append(text, '}'), nil
	}
	raw, err := j.Raw("") // a number or a boolean; an error if it is missing
	return append(text, raw...), err
}
